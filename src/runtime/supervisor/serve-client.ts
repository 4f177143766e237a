// One connection to the supervisor: requests answered in the order they finish, or one attachment.

import type { Socket } from 'node:net'
import {
  createFrameReader,
  encodeFrame,
  encodeJson,
  type Frame,
  frame,
  mostBodyBytes,
  type Request,
} from './protocol.ts'
import type { Supervised, Viewer } from './supervised.ts'
import type { Children } from './supervisor.ts'

/** `onAttach` is called when the connection stops being one for requests and events. */
export function serveClient(socket: Socket, children: Children, onAttach: () => void): void {
  let attached: ReturnType<typeof attach> | undefined

  const serve = async (seq: number, request: Request) => {
    if (request.verb === 'attach') {
      const child = running(children, request.id)
      onAttach()
      socket.write(encodeJson({ seq, result: {} }))
      attached = attach(socket, child)
      return
    }
    socket.write(encodeJson({ seq, result: (await answer(children, request)) ?? {} }))
  }
  const onFrame = ({ kind, body }: Frame) => {
    if (kind !== frame.json) return attached?.take(kind, body)
    const { seq, ...request }: Request & { readonly seq: number } = JSON.parse(body.toString())
    serve(seq, request).catch((error) =>
      socket.write(encodeJson({ seq, error: String(error?.message ?? error) })),
    )
  }
  const read = createFrameReader(onFrame)
  socket.on('error', () => {})
  socket.on('close', () => attached?.end())
  socket.on('data', (chunk: Buffer) => {
    try {
      read(chunk)
    } catch {
      socket.destroy()
    }
  })
}

function running({ byId }: Children, id: string): Supervised {
  const child = byId.get(id)
  if (!child) throw new Error(`container ${id} does not run`)
  return child
}

function answer(children: Children, request: Exclude<Request, { readonly verb: 'attach' }>) {
  switch (request.verb) {
    case 'start':
      return children.start(request)
    case 'list':
      return {
        running: [...children.byId].flatMap(([id, { pids }]) =>
          pids.inner === undefined ? [] : [{ id, pid: pids.inner }],
        ),
      }
    case 'signal': {
      const { pids } = running(children, request.id)
      return void process.kill(pids.inner ?? pids.outer, request.signal)
    }
    case 'resize':
      return running(children, request.id).resize(request.width, request.height)
    case 'reopenLog':
      return running(children, request.id).reopenLog()
  }
}

function attach(socket: Socket, child: Supervised) {
  const viewer: Viewer = {
    write(stream, chunk, resume) {
      if (socket.destroyed) return true
      let isRoom = true
      for (let from = 0; from < chunk.length; from += mostBodyBytes)
        isRoom = socket.write(
          encodeFrame(frame[stream], chunk.subarray(from, from + mostBodyBytes)),
        )
      if (!isRoom) socket.once('drain', resume)
      return isRoom
    },
    close: () => void socket.end(),
  }
  let hasWritten = false
  child.attach(viewer)
  return {
    take(kind: number, body: Buffer) {
      hasWritten = true
      if (kind === frame.endOfStdin) return child.endStdin()
      if (kind !== frame.stdin) return
      if (!child.writeStdin(body, () => void socket.resume())) socket.pause()
    },
    end() {
      child.detach(viewer)
      if (hasWritten) child.endStdin()
    },
  }
}
