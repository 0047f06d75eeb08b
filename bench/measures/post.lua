wrk.method = "POST"
wrk.body = '{"i":5}'
wrk.headers["content-type"] = "application/json"
