export { RESOLVERS, resolverOfImage } from './programs.ts'
export { stubSettings } from './settings.ts'
export type {
  StubLookup,
  StubQuery,
  StubReply,
  StubRequest,
  StubResolver,
  StubResult,
  StubSettings,
  StubStep,
} from './stub.ts'
