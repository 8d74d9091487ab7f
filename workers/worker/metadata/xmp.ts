import type { MetadataKind } from '../../../shared/domain/description.ts';
import type { Findings } from './findings.ts';
import type { InputBytes } from './input-bytes.ts';

/** The packet of a camera has some KiB; an editor's history of a picture may have more than all that is looked for. */
const PACKET_BYTES_AT_MOST = 256 * 1024;

/**
 * Names of properties (XMP, part 2; IPTC Photo Metadata; Ultra HDR), and what it tells that one is there. They are looked for
 * and not parsed: XML from strangers, for which nothing but a yes or no is wanted.
 */
const TOLD_BY: readonly [kind: MetadataKind, names: RegExp][] = [
  [
    'position',
    /GPSL(?:atitude|ongitude)|photoshop:(?:City|State|Country)|Iptc4xmpCore:Location|Location(?:Created|Shown)/,
  ],
  ['camera', /tiff:(?:Make|Model)|aux:Lens|exifEX:Lens(?:Make|Model)/],
  ['camera_serial', /SerialNumber|ImageUniqueID/],
  ['owner', /OwnerName|CaptionWriter/],
  ['artist', /dc:creator|tiff:Artist/],
  ['copyright', /dc:rights|xmpRights:(?:Owner|UsageTerms|WebStatement)|tiff:Copyright/],
  ['time', /DateTimeOriginal|DateTimeDigitized|CreateDate|ModifyDate|DateCreated/],
  ['thumbnail', /xmpGImg:image|xapGImg:image/],
  ['comment', /dc:(?:description|title|subject)|UserComment|photoshop:Headline/],
  ['gain_map', /hdrgm:|HDRGainMap|hdrgainmap|"GainMap"/],
];

export function readXmp(packet: InputBytes, findings: Findings): void {
  findings.add('xmp');
  const text = packet.text(0, PACKET_BYTES_AT_MOST);
  for (const [kind, names] of TOLD_BY) if (names.test(text)) findings.add(kind);
}
