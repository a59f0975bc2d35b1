import { formatCreate, type SetOptions } from './set-options.ts'

/** A set of sets (`list:set`): a packet is in it when it is in one of its members. */
export class ListSet {
  name: string
  readonly options: SetOptions
  members: string[] = []

  constructor(name: string, options: SetOptions) {
    this.name = name
    this.options = options
  }

  clone(): ListSet {
    const copy = new ListSet(this.name, this.options)
    copy.members = [...this.members]
    return copy
  }

  get size(): number {
    return this.members.length
  }

  flush(): void {
    this.members = []
  }

  *save(): Generator<string> {
    yield formatCreate(this.name, this.options)
    for (const member of this.members) yield `add ${this.name} ${member}`
  }
}
