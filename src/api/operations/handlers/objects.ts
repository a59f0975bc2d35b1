import { stringify } from 'yaml'
import { builtInKinds, type KubeObject } from '../../../controlplane/index.ts'
import { KubehopError } from '../../../errors.ts'
import type { Session } from '../../session/index.ts'
import type { ObjectList, ObjectText } from '../schemas/objects.ts'

interface ListInput {
  readonly revision?: number
  readonly kind?: string
  readonly namespace?: string
}

/** All objects of a revision, or those of one kind or namespace. */
export function listObjects(session: Session, { revision: wanted, kind, namespace }: ListInput): ObjectList {
  const { revision, cluster } = session.at(wanted)
  const kinds = kind === undefined ? builtInKinds().map(info => info.kind) : [kind]
  const objects = kinds
    .flatMap(name => cluster.snapshot.list(name))
    .filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace)
  return { revision, objects: objects.map(entry) }
}

function entry(object: KubeObject): ObjectList['objects'][number] {
  const { apiVersion, kind, metadata } = object
  const owner = metadata.ownerReferences?.find(one => one.controller === true)
  return {
    apiVersion,
    kind,
    ...inNamespace(metadata.namespace),
    name: metadata.name,
    labels: { ...metadata.labels },
    ...(owner === undefined
      ? {}
      : { owner: { kind: owner.kind, ...inNamespace(metadata.namespace), name: owner.name } }),
  }
}

interface GetInput {
  readonly revision?: number
  readonly kind: string
  /** `-` for objects that are in none. */
  readonly namespace: string
  readonly name: string
}

/** One object as YAML, and where the user wrote it. Throws KH_NOT_FOUND. */
export function getObject(session: Session, input: GetInput): ObjectText {
  const { revision, cluster } = session.at(input.revision)
  const namespace = input.namespace === '-' ? undefined : input.namespace
  const object = cluster.snapshot.get(input.kind, namespace, input.name)
  if (object === undefined) {
    const name = `${namespace === undefined ? '' : `${namespace}/`}${input.name}`
    throw new KubehopError('KH_NOT_FOUND', `there is no ${input.kind} ${name}`)
  }
  const place = cluster.placeOf(object)
  return {
    revision,
    apiVersion: object.apiVersion,
    kind: object.kind,
    ...inNamespace(object.metadata.namespace),
    name: object.metadata.name,
    yaml: stringify(object, { lineWidth: 0 }),
    ...(place === undefined ? {} : { place: { ...place } }),
  }
}

function inNamespace(namespace: string | undefined): { namespace?: string } {
  return namespace === undefined ? {} : { namespace }
}
