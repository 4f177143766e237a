// Table of descriptions: volumes and what they are made of, core/v1.

import { type DescriptionTable, fsType, optional, readOnly } from './description-table.ts'

const items = 'Keys to show, and as which files. Default: every key as a file of its name.'
const defaultMode = 'Permissions of the files, octal in YAML. Default: 0644.'
const secretRef = 'Secret with the credentials.'
const gone = 'No longer supported.'

export const volumeDescriptions: DescriptionTable = {
  Volume: [
    'A folder that containers of the Pod may mount. One source says what is in it.',
    {
      name: 'Name of the volume, unique in the Pod.',
      awsElasticBlockStore: 'A disk of AWS. Served by the CSI driver ebs.csi.aws.com.',
      azureDisk: 'A disk of Azure. Served by the CSI driver disk.csi.azure.com.',
      azureFile: 'A file share of Azure. Served by the CSI driver file.csi.azure.com.',
      cephfs: gone,
      cinder: 'A disk of OpenStack. Served by the CSI driver cinder.csi.openstack.org.',
      configMap: 'The keys of a ConfigMap as files.',
      csi: 'A volume of a CSI driver that lives as long as the Pod.',
      downwardAPI: 'Facts about the Pod as files.',
      emptyDir: 'An empty folder that lives as long as the Pod.',
      ephemeral: 'A volume of a storage class that lives as long as the Pod.',
      fc: 'A disk on Fibre Channel.',
      flexVolume: 'A volume of an exec-based plugin. Deprecated: use CSI.',
      flocker: gone,
      gcePersistentDisk: 'A disk of Google. Served by the CSI driver pd.csi.storage.gke.io.',
      gitRepo: 'A clone of a git repository. Deprecated and disabled.',
      glusterfs: gone,
      hostPath: 'A file or folder of the node. Dangerous: prefer other volumes.',
      image: 'The files of an OCI image or artifact, read-only.',
      iscsi: 'A disk on iSCSI.',
      nfs: 'A folder of an NFS server.',
      persistentVolumeClaim: 'The volume bound to a PersistentVolumeClaim of the namespace.',
      photonPersistentDisk: gone,
      portworxVolume: 'A volume of Portworx. Served by the CSI driver pxd.portworx.com.',
      projected: 'Several sources in one folder.',
      quobyte: gone,
      rbd: gone,
      scaleIO: gone,
      secret: 'The keys of a Secret as files, kept in memory.',
      storageos: gone,
      vsphereVolume: 'A disk of vSphere. Served by the CSI driver csi.vsphere.vmware.com.',
    },
  ],
  VolumeMount: [
    'Where a volume is mounted in a container.',
    {
      mountPath: 'Path in the container.',
      mountPropagation: 'None (default), HostToContainer or Bidirectional.',
      name: 'Name of the volume.',
      readOnly: 'Mounts it read-only. Default: false.',
      recursiveReadOnly: 'Whether mounts below are read-only too: Disabled, IfPossible or Enabled.',
      subPath: 'Path in the volume to mount instead of its root.',
      subPathExpr: 'As subPath, where $(NAME) stands for an environment variable.',
    },
  ],
  VolumeMountStatus: [
    'How a volume is mounted.',
    {
      mountPath: 'Path in the container.',
      name: 'Name of the volume.',
      readOnly: 'Whether it is read-only.',
      recursiveReadOnly: 'Whether mounts below are read-only too.',
      volumeStatus: 'What the kind of volume has to say.',
    },
  ],
  VolumeStatus: ['What a kind of volume has to say.', { image: 'Of an image volume.' }],
  ImageVolumeStatus: ['State of an image volume.', { imageRef: 'Digest of the image.' }],
  VolumeDevice: [
    'A volume as a block device of a container.',
    { devicePath: 'Path of the device in the container.', name: 'Name of the claim in the Pod.' },
  ],
  KeyToPath: [
    'A key, and the file that it becomes.',
    {
      key: 'The key.',
      mode: 'Permissions of the file. Default: those of the volume.',
      path: 'Relative path of the file. May not lead out of the volume.',
    },
  ],
  ConfigMapVolumeSource: [
    'The keys of a ConfigMap as files. They follow its changes.',
    { defaultMode, items, name: 'Name of the ConfigMap.', optional },
  ],
  ConfigMapProjection: [
    'The keys of a ConfigMap, in a projected volume.',
    { items, name: 'Name of the ConfigMap.', optional },
  ],
  SecretVolumeSource: [
    'The keys of a Secret as files. They follow its changes.',
    { defaultMode, items, secretName: 'Name of the Secret.', optional },
  ],
  SecretProjection: [
    'The keys of a Secret, in a projected volume.',
    { items, name: 'Name of the Secret.', optional },
  ],
  DownwardAPIVolumeSource: ['Facts about the Pod as files.', { defaultMode, items: 'The files.' }],
  DownwardAPIProjection: ['Facts about the Pod, in a projected volume.', { items: 'The files.' }],
  DownwardAPIVolumeFile: [
    'A file with a fact about the Pod; one of the two sources is set.',
    {
      fieldRef: 'A field of the Pod: its labels, annotations, name, namespace or UID.',
      mode: 'Permissions of the file. Default: those of the volume.',
      path: 'Relative path of the file.',
      resourceFieldRef: 'A request or limit of a container.',
    },
  ],
  ProjectedVolumeSource: [
    'Several sources in one folder.',
    { defaultMode, sources: 'The sources.' },
  ],
  VolumeProjection: [
    'One source of a projected volume; one of these.',
    {
      clusterTrustBundle: 'Certificates of ClusterTrustBundles.',
      configMap: 'Keys of a ConfigMap.',
      downwardAPI: 'Facts about the Pod.',
      podCertificate: 'A key and a certificate made for the Pod.',
      secret: 'Keys of a Secret.',
      serviceAccountToken: 'A token of the ServiceAccount.',
    },
  ],
  ServiceAccountTokenProjection: [
    'A token of the ServiceAccount that is renewed in time.',
    {
      audience: 'Whom the token is for. Default: the API server.',
      expirationSeconds: 'How long it is valid, at least 600. Default: 3600.',
      path: 'Relative path of the file.',
    },
  ],
  ClusterTrustBundleProjection: [
    'Certificates of ClusterTrustBundles in one file.',
    {
      labelSelector: 'Which bundles of the signer, by labels. Absent means none.',
      name: 'One bundle by name.',
      optional: 'The Pod starts without it where there is no such bundle.',
      path: 'Relative path of the file.',
      signerName: 'The bundles of this signer.',
    },
  ],
  PodCertificateProjection: [
    'A private key and a certificate made for the Pod, renewed in time.',
    {
      certificateChainPath: 'File for the certificates.',
      credentialBundlePath: 'File for the key and the certificates together.',
      keyPath: 'File for the key.',
      keyType: 'RSA3072, RSA4096, ECDSAP256, ECDSAP384, ECDSAP521 or ED25519.',
      maxExpirationSeconds: 'The longest that the certificate may be valid.',
      signerName: 'Who signs the certificate.',
      userAnnotations: 'What the signer is told beside.',
    },
  ],
  EmptyDirVolumeSource: [
    'An empty folder that lives as long as the Pod.',
    {
      medium: 'Empty (default) for the disk of the node, or Memory.',
      sizeLimit: 'The most it may hold. Default: no limit.',
    },
  ],
  HostPathVolumeSource: [
    'A file or folder of the node.',
    {
      path: 'Path on the node.',
      type: 'What must be there or is made: DirectoryOrCreate, Directory, FileOrCreate, File, Socket and others.',
    },
  ],
  ImageVolumeSource: [
    'The files of an OCI image or artifact.',
    {
      pullPolicy: 'Always, IfNotPresent or Never.',
      reference: 'The image or artifact.',
    },
  ],
  EphemeralVolumeSource: [
    'A volume made for the Pod by way of a PersistentVolumeClaim.',
    { volumeClaimTemplate: 'The claim to make. It is deleted with the Pod.' },
  ],
  PersistentVolumeClaimTemplate: [
    'A PersistentVolumeClaim to be made.',
    { metadata: 'Its labels and annotations.', spec: 'What is wanted of the volume.' },
  ],
  PersistentVolumeClaimVolumeSource: [
    'The volume of a PersistentVolumeClaim.',
    { claimName: 'Name of the claim in the same namespace.', readOnly },
  ],
  CSIVolumeSource: [
    'A volume that a CSI driver makes for the Pod.',
    {
      driver: 'Name of the driver.',
      fsType,
      nodePublishSecretRef: secretRef,
      readOnly,
      volumeAttributes: 'What the driver is told.',
    },
  ],
  NFSVolumeSource: [
    'A folder of an NFS server.',
    { path: 'Path on the server.', readOnly, server: 'Name or address of the server.' },
  ],
  ISCSIVolumeSource: [
    'A disk on iSCSI.',
    {
      chapAuthDiscovery: 'Uses CHAP for the discovery.',
      chapAuthSession: 'Uses CHAP for the session.',
      fsType,
      initiatorName: 'Name of the initiator.',
      iqn: 'Name of the target.',
      iscsiInterface: 'Interface to use. Default: default.',
      lun: 'Number of the unit.',
      portals: 'Further portals of the target.',
      readOnly,
      secretRef,
      targetPortal: 'Portal of the target: ADDRESS:PORT.',
    },
  ],
  FCVolumeSource: [
    'A disk on Fibre Channel.',
    {
      fsType,
      lun: 'Number of the unit.',
      readOnly,
      targetWWNs: 'World wide names of the target.',
      wwids: 'World wide identifiers of the volume, instead of targetWWNs and lun.',
    },
  ],
  FlexVolumeSource: [
    'A volume of an exec-based plugin.',
    {
      driver: 'Name of the plugin.',
      fsType,
      options: 'What the plugin is told.',
      readOnly,
      secretRef,
    },
  ],
  AWSElasticBlockStoreVolumeSource: [
    'A disk of AWS.',
    { fsType, partition: 'Number of the partition.', readOnly, volumeID: 'Identity of the disk.' },
  ],
  AzureDiskVolumeSource: [
    'A disk of Azure.',
    {
      cachingMode: 'None, ReadOnly or ReadWrite.',
      diskName: 'Name of the disk.',
      diskURI: 'URI of the disk.',
      fsType,
      kind: 'Shared, Dedicated or Managed.',
      readOnly,
    },
  ],
  AzureFileVolumeSource: [
    'A file share of Azure.',
    { readOnly, secretName: secretRef, shareName: 'Name of the share.' },
  ],
  CephFSVolumeSource: [
    gone,
    {
      monitors: 'Addresses of the monitors.',
      path: 'Path in the file system.',
      readOnly,
      secretFile: 'File with the key.',
      secretRef,
      user: 'Name of the user.',
    },
  ],
  CinderVolumeSource: [
    'A disk of OpenStack.',
    { fsType, readOnly, secretRef, volumeID: 'Identity of the disk.' },
  ],
  FlockerVolumeSource: [
    gone,
    { datasetName: 'Name of the dataset.', datasetUUID: 'Identity of the dataset.' },
  ],
  GCEPersistentDiskVolumeSource: [
    'A disk of Google.',
    { fsType, partition: 'Number of the partition.', pdName: 'Name of the disk.', readOnly },
  ],
  GitRepoVolumeSource: [
    'A clone of a git repository.',
    {
      directory: 'Folder of the clone.',
      repository: 'URL of the repository.',
      revision: 'Commit to check out.',
    },
  ],
  GlusterfsVolumeSource: [
    gone,
    { endpoints: 'Endpoints of the servers.', path: 'Name of the volume.', readOnly },
  ],
  PhotonPersistentDiskVolumeSource: [gone, { fsType, pdID: 'Identity of the disk.' }],
  PortworxVolumeSource: [
    'A volume of Portworx.',
    { fsType, readOnly, volumeID: 'Identity of the volume.' },
  ],
  QuobyteVolumeSource: [
    gone,
    {
      group: 'Group that owns it.',
      readOnly,
      registry: 'Addresses of the registry.',
      tenant: 'Tenant that owns it.',
      user: 'User that owns it.',
      volume: 'Name of the volume.',
    },
  ],
  RBDVolumeSource: [
    gone,
    {
      fsType,
      image: 'Name of the image.',
      keyring: 'File with the keys.',
      monitors: 'Addresses of the monitors.',
      pool: 'Name of the pool.',
      readOnly,
      secretRef,
      user: 'Name of the user.',
    },
  ],
  ScaleIOVolumeSource: [
    gone,
    {
      fsType,
      gateway: 'Address of the gateway.',
      protectionDomain: 'Name of the protection domain.',
      readOnly,
      secretRef,
      sslEnabled: 'Whether the gateway is spoken to over TLS.',
      storageMode: 'ThickProvisioned or ThinProvisioned.',
      storagePool: 'Name of the pool.',
      system: 'Name of the system.',
      volumeName: 'Name of the volume.',
    },
  ],
  StorageOSVolumeSource: [
    gone,
    {
      fsType,
      readOnly,
      secretRef,
      volumeName: 'Name of the volume.',
      volumeNamespace: 'Namespace of the volume.',
    },
  ],
  VsphereVirtualDiskVolumeSource: [
    'A disk of vSphere.',
    {
      fsType,
      storagePolicyID: 'Identity of the storage policy.',
      storagePolicyName: 'Name of the storage policy.',
      volumePath: 'Path of the disk.',
    },
  ],
}
