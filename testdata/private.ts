import sharp from 'sharp';
import { comment, iptc, withSegments } from './jpeg-segments.ts';
import type { RawImage } from './paint.ts';

/** What `private.jpg` tells of its maker; none of it may be found in anything that is published. */
export const PRIVATE = {
  make: 'Darkroom Cameras',
  model: 'Pinhole 3000',
  software: 'Pinhole Firmware 7.1',
  cameraSerial: 'SERIAL-8842-CAMERA',
  lensSerial: 'SERIAL-1177-LENS',
  owner: 'Ottilie Owner',
  artist: 'Arno Artist',
  takenAt: '2021:06:05 04:03:02',
  comment: 'Comment: call Ottilie at home',
  iptcByLine: 'Iva Iptc',
  iptcCity: 'Iptcville',
  iptcCaption: 'Caption: the house with the red roof',
  xmpCreator: 'Xaver Xmp',
  xmpLatitude: '51,28.6687N',
  xmpLongitude: '0,0.0885W',
} as const;

/** The same place in EXIF's degrees, minutes and seconds: the Royal Observatory at Greenwich. */
const GPS = {
  GPSLatitudeRef: 'N',
  GPSLatitude: '51/1 28/1 4012/100',
  GPSLongitudeRef: 'W',
  GPSLongitude: '0/1 0/1 531/100',
  GPSAltitudeRef: '0',
  GPSAltitude: '46/1',
};

const XMP = `<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
    exif:GPSLatitude="${PRIVATE.xmpLatitude}" exif:GPSLongitude="${PRIVATE.xmpLongitude}">
   <dc:creator><rdf:Seq><rdf:li>${PRIVATE.xmpCreator}</rdf:li></rdf:Seq></dc:creator>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>`;

/** A JPEG with everything in it that a phone and a photo editor leave there. */
export async function privateJpeg({ data, ...raw }: RawImage): Promise<Buffer> {
  const jpeg = await sharp(data, { raw })
    .jpeg({ quality: 80 })
    .withExif({
      IFD0: {
        Make: PRIVATE.make,
        Model: PRIVATE.model,
        Software: PRIVATE.software,
        Artist: PRIVATE.artist,
        DateTime: PRIVATE.takenAt,
      },
      // libvips counts the EXIF IFD as 2 and the GPS IFD as 3, after the thumbnail's.
      IFD2: {
        BodySerialNumber: PRIVATE.cameraSerial,
        LensSerialNumber: PRIVATE.lensSerial,
        CameraOwnerName: PRIVATE.owner,
        DateTimeOriginal: PRIVATE.takenAt,
      },
      IFD3: GPS,
    })
    .withXmp(XMP)
    .toBuffer();
  const caption = { byLine: PRIVATE.iptcByLine, city: PRIVATE.iptcCity, caption: PRIVATE.iptcCaption };
  return withSegments(jpeg, [iptc(caption), comment(PRIVATE.comment)]);
}
