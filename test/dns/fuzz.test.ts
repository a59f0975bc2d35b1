import { expect, test } from 'vitest'
import { fuzzCorefiles, fuzzMessages } from './support/fuzz.ts'

const SEED = Number(process.env.KUBEHOP_SEED ?? 1)

// A million of each, and how long they take: npx tsx test/dns/fuzz-long.ts
test('messages of random and changed bytes are answered, refused with one error, or not answered', () => {
  const { read, refused } = fuzzMessages(SEED, 4000)
  expect([read > 500, refused > 500, read + refused]).toEqual([true, true, 4000])
})

test('Corefiles of random and changed words are read or refused with one error', () => {
  const { read, refused } = fuzzCorefiles(SEED, 2000)
  expect([read > 100, refused > 500, read + refused]).toEqual([true, true, 2000])
})
