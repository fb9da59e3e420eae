// What the engine's own signatures are made of, so that an importer of the engine needs no second import.
@_exported import struct ContainerImages.ImageSummary
@_exported import enum ContainerImages.ImageRemoval
@_exported import struct ContainerImages.PullOutcome
@_exported import struct ContainerImages.TransferBuffer
@_exported import enum ContainerImages.TransferEvent
@_exported import typealias ContainerImages.TransferObserver
@_exported import struct ContainerNamespaces.ClientStreams
@_exported import protocol ContainerNamespaces.LaunchedProcess
@_exported import struct ContainerSystem.ContainerError
@_exported import struct ContainerImages.ImageHistoryStep
@_exported import struct ContainerImages.LoadedImage
