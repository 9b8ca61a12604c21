// What a program needs to call gRPC services without a gateway: `sluice/upstream`.
export { type Channel, createChannel } from './channel/channel.ts'
export type { ChannelOptions } from './channel/options.ts'
export { createTransport } from './grpc/connect-transport.ts'
export { type CreateWireOptions, createWire, type Wire, type WireOptions } from './grpc/wire.ts'
