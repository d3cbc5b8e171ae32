/**
 * The kernels that no transformer needs, family by family: this backend lets TensorFlow.js's own cpu kernels compute them. Everything else
 * is its own.
 */

/** A family of kernels that is computed elsewhere. */
export type Family = 'convolution' | 'pooling' | 'image' | 'FFT' | 'string';

/** The kernels of each family. To the last belongs each kernel that gets tensors of strings, too. */
export const familyKernels: Readonly<Record<Family, readonly string[]>> = {
  convolution: [
    'Conv2D',
    'Conv2DBackpropFilter',
    'Conv2DBackpropInput',
    'Conv3D',
    'Conv3DBackpropFilterV2',
    'Conv3DBackpropInputV2',
    'DepthwiseConv2dNative',
    'DepthwiseConv2dNativeBackpropFilter',
    'DepthwiseConv2dNativeBackpropInput',
    'Dilation2D',
    'Dilation2DBackpropFilter',
    'Dilation2DBackpropInput',
    'FusedConv2D',
    'FusedDepthwiseConv2D',
  ],
  pooling: [
    'AvgPool',
    'AvgPool3D',
    'AvgPool3DGrad',
    'AvgPoolGrad',
    'MaxPool',
    'MaxPool3D',
    'MaxPool3DGrad',
    'MaxPoolGrad',
    'MaxPoolWithArgmax',
  ],
  image: [
    'CropAndResize',
    'Draw',
    'FlipLeftRight',
    'NonMaxSuppressionV3',
    'NonMaxSuppressionV4',
    'NonMaxSuppressionV5',
    'ResizeBilinear',
    'ResizeBilinearGrad',
    'ResizeNearestNeighbor',
    'ResizeNearestNeighborGrad',
    'RotateWithOffset',
    'Transform',
  ],
  FFT: ['FFT', 'IFFT'],
  string: ['StaticRegexReplace', 'StringNGrams', 'StringSplit', 'StringToHashBucketFast'],
};
