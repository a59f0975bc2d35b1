export { traceToXtables, type XtablesTrace } from './xtables-trace.ts'
