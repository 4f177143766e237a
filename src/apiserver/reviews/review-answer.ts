// What is asked and answered without being stored: in the form the client accepts, never a Table.

import type { RequestHandler } from '../chain-request.ts'
import { kubernetesProtobuf } from '../protobuf.ts'
import { answerForm } from '../registry/negotiate.ts'
import { textForm } from '../registry/object-form.ts'
import type { ServerRequest } from '../request.ts'

/** Answers what `review` makes of the request. */
export function reviewAnswer(review: (request: ServerRequest) => Promise<object>): RequestHandler {
  return async (request) => {
    const form = answerForm(request, { hasProtobuf: true, isWhole: true })
    const { mediaType } = form
    const object = await review(request)
    const isText = mediaType !== 'application/vnd.kubernetes.protobuf'
    return {
      status: 201,
      headers: { 'content-type': mediaType },
      body: isText ? Buffer.from(`${textForm(form, object)}\n`) : kubernetesProtobuf.write(object),
    }
  }
}
