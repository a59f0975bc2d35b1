import { type Fuzzed, fuzzCorefiles, fuzzMessages } from './support/fuzz.ts'

/** `npx tsx test/dns/fuzz-long.ts [COUNT] [SEED] [messages|Corefiles]`: so many messages and so many Corefiles; default a million each. */
const count = Number(process.argv[2] ?? 1_000_000)
const seed = Number(process.argv[3] ?? 1)
const only = process.argv[4]
/** Another cluster, and a look at the memory, after so many. */
const PART = 50_000

for (const [what, fuzz] of Object.entries({ messages: fuzzMessages, Corefiles: fuzzCorefiles })) {
  if (only !== undefined && only !== what) continue
  const sum: Fuzzed = { read: 0, refused: 0, slowest: 0, slowestInput: '' }
  const start = process.cpuUsage()
  let heap = 0
  for (let done = 0; done < count; done += PART) {
    const part = fuzz(seed + done / PART, Math.min(PART, count - done))
    sum.read += part.read
    sum.refused += part.refused
    if (part.slowest > sum.slowest) Object.assign(sum, { slowest: part.slowest, slowestInput: part.slowestInput })
    heap = Math.max(heap, process.memoryUsage().heapUsed)
  }
  const { user, system } = process.cpuUsage(start)
  const seconds = (user + system) / 1e6
  process.stdout.write(
    `${count} ${what}, seed ${seed}: ${sum.read} read, ${sum.refused} refused with one error, ${seconds.toFixed(0)} s of processor time, ` +
      `slowest ${sum.slowest.toFixed(1)} ms, heap at most ${(heap / 2 ** 20).toFixed(0)} MiB\n`,
  )
  if (sum.slowest > 100) process.stdout.write(`the slowest was ${JSON.stringify(sum.slowestInput.slice(0, 2000))}\n`)
}
