/** sharp as Darkroom uses it: one picture per thread, no cache, and no decoders that no photo needs. */
import sharp from 'sharp'

// the jobs themselves run side by side, one for each core; more threads in each would only wait for one another
sharp.concurrency(1)
// no picture is read twice
sharp.cache(false)

// A file is decoded by what its bytes say, so one that hides a drawing or a document must not find a decoder for it. Only
// these are blocked, instead of all with exceptions: all threads share the list, and another may be decoding just now.
sharp.block({
  operation: ['Svg', 'Pdf', 'Magick', 'Magick7', 'Vips', 'Raw'].map((kind) => `VipsForeignLoad${kind}`),
})

export { sharp }
