// The main job on nothing but Node: how a connection from a pod reaches a Service whose backend is on another node.
import { spawnSync } from 'node:child_process'

const args = ['trace', 'pod/client', 'svc/testweb:80', '-f', 'examples/testweb', '--seed', '1']
console.log(`$ kubehop ${args.join(' ')}\n`)
const result = spawnSync(process.execPath, ['dist/cli/main.js', ...args], { stdio: 'inherit' })
process.exit(result.status ?? 3)
