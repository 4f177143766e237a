// The supervisor process: parent of all containers of a cluster. It lives on when the agent or
// the porter end, and ends with the fabric.

import { runFolder } from '../cluster/folders.ts'
import { runPart } from '../cluster/run-part.ts'
import { runSupervisor } from '../runtime/supervisor/supervisor.ts'

runPart({ name: 'supervisor', isDetached: true }, async ({ folder, signal, ready }) => {
  const supervisor = await runSupervisor({ socketPath: folder.supervisorSocket, runFolder })
  ready()
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
  await supervisor.close()
})
