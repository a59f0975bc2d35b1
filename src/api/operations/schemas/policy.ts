import { type Static, Type } from 'typebox'
import type { WhyDocument as Document } from '../../../report/index.ts'
import { GroupBy, maybe, ObjectRef, oneOf, Place, Port, Profile, Revision, schemaOf, strict, Text } from './common.ts'

const PolicyProto = oneOf(['tcp', 'udp', 'sctp'])
const reading = {
  ipv6: maybe(Type.Boolean({ description: 'packets of IPv6' })),
  profile: maybe(Profile),
  revision: maybe(Revision),
}

/** The options of `kubehop reach`. */
export const ReachBody = strict({
  proto: maybe(PolicyProto),
  port: maybe(Port),
  by: maybe(GroupBy),
  from: maybe(
    Type.String({ maxLength: 1024, description: 'rows: labels as in kubectl -l, namespace/NAME, or NAMESPACE/labels' }),
  ),
  to: maybe(Text),
  external: maybe(Type.Boolean({ description: 'also the addresses outside; default true' })),
  ...reading,
  format: maybe(oneOf(['text', 'json', 'csv', 'md', 'dot', 'svg', 'html'], 'also as this text')),
})
export type ReachBody = Static<typeof ReachBody>

export const ReachAnswer = Type.Object({
  revision: Type.Integer(),
  by: GroupBy,
  /** `TCP/80`, `UDP`, or `all ports`. */
  subject: Type.String(),
  sources: Type.Array(Type.String()),
  destinations: Type.Array(Type.String()),
  /** One text a source, one character a destination: `+` allowed, `-` denied, `~` some of its pairs or ports, `=` itself. */
  rows: Type.Array(Type.String()),
  /** What at least one pair of a cell may do: for each cell its index in `texts`. Left out of large matrices. */
  connections: maybe(Type.Object({ texts: Type.Array(Type.String()), rows: Type.Array(Type.Array(Type.Integer())) })),
  text: maybe(Type.String({ description: 'in the format that was asked for' })),
})
export type ReachAnswer = Static<typeof ReachAnswer>

/** The options of `kubehop why`. */
export const WhyBody = strict({
  from: Text,
  to: Text,
  namespace: maybe(Text),
  proto: maybe(PolicyProto),
  port: maybe(Port),
  ...reading,
})
export type WhyBody = Static<typeof WhyBody>

const RuleRef = Type.Object({
  kind: Type.String(),
  namespace: maybe(Type.String()),
  name: Type.String(),
  path: Type.String(),
  file: maybe(Type.String()),
  line: maybe(Type.Integer()),
  column: maybe(Type.Integer()),
})
const WhySide = Type.Object({
  allowed: Type.Boolean(),
  reason: Type.String(),
  selecting: Type.Array(RuleRef),
  matching: Type.Array(RuleRef),
  decided: maybe(RuleRef),
  nearMisses: Type.Array(
    Type.Object({
      ...RuleRef.properties,
      distance: Type.Integer({ description: 'how many of its conditions are not met' }),
      misses: Type.Array(Type.Object({ kind: Type.String(), text: Type.String() })),
    }),
  ),
})
const whyDocument = Type.Object({
  schema: Type.Literal('kubehop.dev/why/v1'),
  from: Type.String(),
  to: Type.String(),
  protocol: Type.String(),
  port: Type.Integer(),
  allowed: Type.Boolean(),
  exception: maybe(Type.String()),
  egress: WhySide,
  ingress: WhySide,
  fixes: Type.Array(
    Type.Object({
      direction: Type.String(),
      text: Type.String(),
      object: Type.Unknown(),
      opens: Type.Array(Type.Object({ from: Type.String(), to: Type.String(), ports: Type.String() })),
    }),
  ),
})
const WhyDocument = schemaOf<Document>(whyDocument)

export const WhyAnswer = Type.Object({
  revision: Type.Integer(),
  /** Whether every endpoint is allowed. */
  allowed: Type.Boolean(),
  /** Endpoints behind TO, and how many of them are denied; the first denied one is explained. */
  flows: Type.Integer(),
  denied: Type.Integer(),
  why: WhyDocument,
  lines: Type.Array(Type.String()),
})
export type WhyAnswer = Static<typeof WhyAnswer>

export const LintBody = strict({
  rules: maybe(Type.Array(Type.String({ maxLength: 128 }), { maxItems: 100 })),
  ...reading,
})
export type LintBody = Static<typeof LintBody>

export const LintAnswer = Type.Object({
  revision: Type.Integer(),
  findings: Type.Array(
    Type.Object({
      rule: Type.String(),
      level: oneOf(['error', 'warning', 'note']),
      name: Type.String(),
      message: Type.String(),
      place: maybe(Place),
    }),
  ),
  /** What `kubehop lint` prints. */
  lines: Type.Array(Type.String()),
})
export type LintAnswer = Static<typeof LintAnswer>

/** One text with one or more YAML documents. */
const EditedText = strict({
  name: maybe(Type.String({ maxLength: 256, description: 'by which messages call it; default (edit)' })),
  text: Type.String({ maxLength: 4 * 1024 * 1024 }),
})
const edits = {
  documents: maybe(
    Type.Array(EditedText, { maxItems: 1000, description: 'objects, each in place of the one of its kind and name' }),
  ),
  remove: maybe(Type.Array(strict({ kind: Text, namespace: maybe(Text), name: Text }), { maxItems: 1000 })),
  by: maybe(GroupBy),
  ...reading,
}
export const WhatIfBody = strict(edits)
export type WhatIfBody = Static<typeof WhatIfBody>
export const ApplyBody = strict({ ...edits, label: maybe(Type.String({ maxLength: 200 })) })
export type ApplyBody = Static<typeof ApplyBody>

export const Problem = Type.Object({ code: Type.String(), message: Type.String(), place: maybe(Place) })
export type Problem = Static<typeof Problem>

/** From one state of the cluster to another. */
export const ClusterDiff = Type.Object({
  objects: Type.Object({
    added: Type.Array(ObjectRef),
    removed: Type.Array(ObjectRef),
    changed: Type.Array(ObjectRef),
  }),
  /** Who can reach whom now and could not, or the other way; schema kubehop.dev/diff/v1. */
  reach: Type.Array(
    Type.Object({
      from: Type.String(),
      to: Type.String(),
      change: oneOf(['gained', 'lost']),
      ports: Type.String(),
      internet: Type.Boolean(),
      causes: Type.Array(
        Type.Object({
          kind: Type.String(),
          namespace: maybe(Type.String()),
          name: Type.String(),
          change: Type.String(),
          path: maybe(Type.String()),
          file: maybe(Type.String()),
          line: maybe(Type.Integer()),
          column: maybe(Type.Integer()),
        }),
      ),
    }),
  ),
  /** What `kubehop diff` prints. */
  lines: Type.Array(Type.String()),
})
export type ClusterDiff = Static<typeof ClusterDiff>

export const WhatIfAnswer = Type.Object({
  revision: Type.Integer({ description: 'the one that the edit was tried on' }),
  problems: Type.Array(Problem, { description: 'empty: the edit is valid' }),
  difference: maybe(ClusterDiff),
})
export type WhatIfAnswer = Static<typeof WhatIfAnswer>

export const RevisionInfo = Type.Object({
  revision: Type.Integer(),
  label: Type.String(),
  pods: Type.Integer(),
  services: Type.Integer(),
  policies: Type.Integer(),
})
export const RevisionList = Type.Object({ current: Type.Integer(), revisions: Type.Array(RevisionInfo) })
export type RevisionList = Static<typeof RevisionList>

export const AppliedEdits = Type.Object({
  revision: Type.Integer(),
  label: Type.String(),
  difference: ClusterDiff,
})
export type AppliedEdits = Static<typeof AppliedEdits>

export const RevisionDiff = Type.Object({ from: Type.Integer(), to: Type.Integer(), difference: ClusterDiff })
export type RevisionDiff = Static<typeof RevisionDiff>
