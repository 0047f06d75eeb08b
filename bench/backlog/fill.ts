/** Backlogs made by the server itself, row by row as `submitMany` would have made them: packs of 100, ids in order of time. */

/** Something that takes statements. */
export interface Fillable {
  query(text: string): Promise<unknown>
}

/** What all jobs of a backlog have in common. */
export interface BacklogOf {
  readonly lane: number
  readonly task: string
  /** Fields of the input beside `i`, as JSON: `"key":"a"`. */
  readonly fields?: string
  /** Whose they are, in a queue with rules: a key or a tenant. */
  readonly place?: { readonly key?: string; readonly tenant?: string }
}

const PACK_COUNT = 100
/** Jobs of one transaction. */
const BLOCK_COUNT = 250_000
/** Deferred jobs become due one after the other, the first of them in so long a time. */
const FIRST_DUE = '1 day'
const DUE_EVERY_MS = 100

/** Puts `count` jobs into the log, a multiple of 100. `told` hears how many are there. */
export async function fillLog(
  to: Fillable,
  of: BacklogOf,
  count: number,
  told: (there: number) => void = () => {},
): Promise<void> {
  const place = placeOf(of)
  for (let first = 0; first < count; first += BLOCK_COUNT) {
    const last = Math.min(first + BLOCK_COUNT, count)
    await to.query(`
      insert into millrace.entry (lane, id, task, tracked, payload, count, pack, place)
      select ${of.lane}, encode(substr(k.ids, 1, 16), 'hex')::uuid, '${of.task}', false, j.payloads, ${PACK_COUNT}, k.ids, ${place}
        from generate_series(${first}, ${last - 1}, ${PACK_COUNT}) p
       cross join lateral (
         select '[' || string_agg(${inputOf(of, 'i')}, ',') || ']' as payloads
           from generate_series(p, p + ${PACK_COUNT - 1}) i) j
       cross join lateral (
         select string_agg(uuid_send(uuidv7()), ''::bytea) as ids from generate_series(p, p + ${PACK_COUNT - 1})) k
       order by p`)
    told(last)
  }
}

/** Puts `count` jobs into deferred, none of them due today. */
export async function fillDeferred(
  to: Fillable,
  of: BacklogOf,
  count: number,
  told: (there: number) => void = () => {},
): Promise<void> {
  for (let first = 0; first < count; first += BLOCK_COUNT) {
    const last = Math.min(first + BLOCK_COUNT, count)
    await to.query(`
      insert into millrace.deferred (due_at, id, lane, task, tracked, payload, place)
      select millrace.now() + interval '${FIRST_DUE}' + i * interval '${DUE_EVERY_MS} ms', uuidv7(), ${of.lane}, '${of.task}',
             false, ${inputOf(of, 'i')}, ${placeOf(of)}
        from generate_series(${first}, ${last - 1}) i`)
    told(last)
  }
}

function inputOf({ fields }: BacklogOf, i: string): string {
  return `'{"i":' || ${i} || '${fields === undefined ? '' : `,${fields}`}}'`
}

function placeOf({ place }: BacklogOf): string {
  if (place === undefined) return 'null'
  const text = (value: string | undefined): string => (value === undefined ? 'null' : `'${value}'`)
  return `row(${text(place.key)}, ${text(place.tenant)}, 'normal')::millrace.place`
}
