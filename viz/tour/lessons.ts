import type { Lesson } from './lesson.ts'

/** Over examples/testweb with seed 1. Every number and name in here is looked up in a trace by a test. */
export const LESSONS: readonly Lesson[] = [
  {
    title: 'Two pods on a bridge',
    text: [
      'Each pod has a network namespace of its own: interfaces, routes, ports. A veth pair is a cable from its eth0 to a port of the bridge cni0 on its node.',
      'Pod client (10.244.1.2) sends to a web server with address 10.244.1.3 on the same node. Both are ports of the same bridge, so the frame is switched.',
    ],
    from: 'pod/client',
    to: '10.244.1.3:80',
    question: 'The packet leaves with a time to live of 64. With which does it arrive?',
    choices: [
      {
        answer: '64',
        says: 'Right: a bridge forwards frames and changes no IP header. Only routers count the time to live down.',
      },
      { answer: '63', says: 'It would, had the node routed it. Look at the steps on the node: is there a route?' },
      { answer: '62', says: 'That is what two routers make of it. Here is one bridge.' },
    ],
    right: 0,
  },
  {
    title: 'A pod on another node',
    text: [
      'Now to 10.244.2.2, a web server on worker-2. The wire between the nodes knows nothing of pod addresses.',
      'So flannel puts the whole frame into a UDP datagram from node to node: a VXLAN tunnel. Play the trace and watch the headers grow.',
    ],
    from: 'pod/client',
    to: '10.244.2.2:80',
    question: 'By how many bytes does the tunnel make the packet longer?',
    choices: [
      { answer: '8', says: 'That is the VXLAN header alone. It needs headers around it to travel.' },
      {
        answer: '28',
        says: 'IP and UDP are 28 bytes; the VXLAN header and the inner Ethernet header are still missing.',
      },
      {
        answer: '50',
        says: 'Right: IP 20, UDP 8, VXLAN 8, and the inner Ethernet header 14. That is why the mtu of pods is 1450 on a wire of 1500.',
      },
    ],
    right: 2,
  },
  {
    title: 'Whom the frame is for',
    text: [
      'The same packet again. The pod has one route for everything beyond its own node’s range: by way of 10.244.1.1.',
      'Before it can send, it has to know a MAC address. Look at the arp step in the pod.',
    ],
    from: 'pod/client',
    to: '10.244.2.2:80',
    question: 'Whose MAC address does the frame carry when it leaves the pod?',
    choices: [
      {
        answer: 'that of the web server on worker-2',
        says: 'The IP header names it, the frame does not: MAC addresses reach no further than the next router.',
      },
      {
        answer: 'that of the bridge cni0',
        says: 'Right: 10.244.1.1 is an address of cni0 itself. The node takes the frame from its bridge and routes what is in it.',
      },
      {
        answer: 'that of eth0 of worker-1',
        says: 'The packet does leave the node there, later. The pod’s gateway is nearer.',
      },
    ],
    right: 1,
  },
  {
    title: 'A Service is no machine',
    text: [
      'testweb has the address 10.99.82.146. No interface anywhere has it, and nothing listens there.',
      'kube-proxy has written rules on every node. In PREROUTING, before the route is looked up, one of them changes where the packet goes.',
    ],
    from: 'pod/client',
    to: 'svc/testweb:80',
    question: 'Where does the packet lose the address of the Service?',
    choices: [
      {
        answer: 'in the pod that sends',
        says: 'The pod knows the Service’s address only: look at the first arrow of the ladder.',
      },
      {
        answer: 'on the node of the sender',
        says: 'Right: on worker-1, in the nat table. What goes into the tunnel is already addressed to a pod.',
      },
      {
        answer: 'on the node of the web server',
        says: 'By then it is too late: without a pod’s address worker-1 would not have known where to send it.',
      },
    ],
    right: 1,
  },
  {
    title: 'Who is chosen',
    text: [
      'Three web servers stand behind testweb. The rules are tried in order: the first takes a packet with probability 0.333, the second with 0.5, the third takes what is left.',
      'That looks unfair. Press “Every branch” in the trace to see every way with its exact probability.',
    ],
    from: 'pod/client',
    to: 'svc/testweb:80',
    question: 'How likely is it that a new client gets the second server?',
    choices: [
      {
        answer: 'one half',
        says: 'One half of the packets that reach its rule; the first rule has taken a third before.',
      },
      {
        answer: 'one third',
        says: 'Right: two thirds reach its rule, and half of these are taken. Each server gets a third.',
      },
      {
        answer: 'one sixth',
        says: 'That would be a third of a half. It is the other way round: a half of two thirds.',
      },
    ],
    right: 1,
  },
  {
    title: 'The way back',
    text: [
      'The web server answers to the client. It knows nothing of the Service, so it signs with its own address, 10.244.2.2.',
      'The client waits for an answer from 10.99.82.146 and would refuse any other. Follow the reply to worker-1.',
    ],
    from: 'pod/client',
    to: 'svc/testweb:80',
    question: 'Which rule puts the address of the Service back?',
    choices: [
      {
        answer: 'none: conntrack remembers',
        says: 'Right: the entry made on the way there undoes the translation. Rules of the nat table see only the first packet of a flow.',
      },
      {
        answer: 'a rule of KUBE-POSTROUTING',
        says: 'No rule of the nat table is asked for replies. Look for the step un-NAT, and what is before it.',
      },
      { answer: 'a rule of KUBE-SVC-…', says: 'That chain chose the server. Replies never come to it.' },
    ],
    right: 0,
  },
  {
    title: 'A name first',
    text: [
      'Programs know names. Pod client asks for testweb, and its resolv.conf says: search default.svc.cluster.local and others, ndots 5.',
      'The DNS view shows each query; the packets of a query go through the same rules as all others.',
    ],
    from: 'pod/client',
    to: 'testweb:80',
    question: 'Which name does the resolver ask for first?',
    choices: [
      { answer: 'testweb', says: 'It has fewer than five dots, so the search list comes first.' },
      { answer: 'testweb.cluster.local', says: 'That is the last of the search list.' },
      {
        answer: 'testweb.default.svc.cluster.local',
        says: 'Right: the pod’s own namespace is first in the list, and there the name is found.',
      },
    ],
    right: 2,
  },
  {
    title: 'Why my NodePort sees the node’s address',
    text: [
      'A machine outside, 203.0.113.10, asks worker-1 on port 30320. The server that is chosen happens to be on worker-2.',
      'The answer must come back through worker-1, or nobody could undo the translation. So worker-1 changes the source too: it masquerades.',
    ],
    from: 'external',
    to: 'node/worker-1:30320',
    question: 'Which client address does the web server on worker-2 see?',
    choices: [
      {
        answer: '203.0.113.10',
        says: 'It would answer straight to the outside then, and the client would refuse an answer from a stranger.',
      },
      {
        answer: '10.244.1.0, an address of worker-1',
        says: 'Right: masquerading takes the address of the device that the packet leaves by, here flannel.1. With externalTrafficPolicy: Local nodes keep to their own pods, and the source stays.',
      },
      { answer: '10.99.82.146, that of the Service', says: 'That address is never a source on the way there.' },
    ],
    right: 1,
  },
]
