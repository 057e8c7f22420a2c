import { describe, expect, it } from 'vitest';
import { isAddressAllowed } from './address-policy.ts';

const allow = (address: string) => isAddressAllowed(address, { denyPrivate: false });
const allowPublic = (address: string) => isAddressAllowed(address, { denyPrivate: true });

describe('isAddressAllowed', () => {
  it.each([
    '169.254.169.254',
    '169.254.1.1',
    '0.0.0.0',
    '0.1.2.3',
    '255.255.255.255',
    '224.0.0.1',
    '239.255.255.255',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    '::',
    'fe80::1',
    'fe80::1%eth0',
    'ff02::1',
    'fd00:ec2::254',
    'FD00:EC2:0::254',
    'fd20:ce::254',
    '::ffff:169.254.169.254',
    '::ffff:a9fe:a9fe',
    '::ffff:0:169.254.169.254',
    '::169.254.169.254',
    '2002:a9fe:a9fe::1',
    '64:ff9b::169.254.169.254',
    '64:ff9b::a9fe:a9fe',
    '64:ff9b:1::169.254.169.254',
    '64:ff9b:1:a9fe:a9:fe00::',
    '2001:0:a9fe:a9fe::1',
    '2001:0:cb00:7101:0:0:5601:5601',
    'fe80::5efe:10.0.0.1',
    '2001:db8::5efe:169.254.169.254',
    '::ffff:0.0.0.0',
  ])('never connects to %s', (address) => {
    expect(allow(address)).toBe(false);
  });

  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '192.168.1.1',
    '100.64.0.1',
    '::1',
    'fd12:3456::1',
    '::ffff:10.0.0.1',
    '64:ff9b::10.0.0.1',
    '2002:c0a8:0101::1',
    '64:ff9b:1::10.0.0.1',
  ])('connects to %s unless private addresses are denied', (address) => {
    expect(allow(address)).toBe(true);
    expect(allowPublic(address)).toBe(false);
  });

  it.each(['203.0.112.1', '8.8.8.8', '2600::1', '::ffff:8.8.8.8', '64:ff9b::8.8.8.8', '2002:808:808::1'])(
    'connects to %s, which is public',
    (address) => {
      expect(allow(address)).toBe(true);
      expect(allowPublic(address)).toBe(true);
    },
  );

  it.each(['', 'localhost', '127.1', '0x7f000001', '2130706433', '0177.0.0.1', '1.2.3.4.5', ':::', '[::1]'])(
    'takes %j for no address',
    (text) => {
      expect(allow(text)).toBe(false);
    },
  );
});
