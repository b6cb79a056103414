// Addresses and ports of services.

export { allocateService, readTaken, type ServiceRanges, type Taken } from './allocate.ts';
export { AddressRange, defaultAddressRange, defaultPorts, type Pick, type PortRange } from './ranges.ts';
export { ServiceAllocator, type ServiceAllocatorDeps } from './service-allocator.ts';
