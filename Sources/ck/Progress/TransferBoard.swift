import ContainerEngine

/// What is known of each layer of a transfer, in the order in which they appeared.
struct TransferBoard {
    struct Layer {
        /// How far one phase is, in bytes.
        struct Progress {
            var done: Int64
            var total: Int64
            var meter = RateMeter()

            var isComplete: Bool { done >= total }
        }

        let id: String
        /// docker's words; nil while the phases say more.
        var status: String?
        var phases: [TransferEvent.Phase: Progress] = [:]

        /// A layer may be unpacked while it is downloaded: then the download is what people wait for.
        var current: (phase: TransferEvent.Phase, Progress)? {
            guard status == nil else { return nil }
            let begun = TransferEvent.Phase.allCases.compactMap { phase in phases[phase].map { (phase, $0) } }
            return begun.first { !$0.1.isComplete } ?? begun.last
        }

        /// Nothing more comes of it.
        var isSettled: Bool {
            guard let status else { return false }
            return ["Pull complete", "Already exists", "Pushed", "Layer already exists"].contains(status)
                || status.hasPrefix("Mounted from ")
        }
    }

    private(set) var layers: [Layer] = []
    private var places: [String: Int] = [:]

    mutating func apply(_ event: TransferEvent) {
        switch event {
        case .layer(let id, let status): layers[place(of: id)].status = status
        case .progress(let id, let phase, let done, let total):
            let place = place(of: id)
            if layers[place].isSettled { return }
            layers[place].status = nil
            layers[place].phases[phase, default: .init(done: done, total: total)].done = done
            layers[place].phases[phase]?.total = total
        }
    }

    /// Lets the meters see where things stand.
    /// - Parameter time: seconds.
    mutating func measure(at time: Double) {
        for index in layers.indices where layers[index].status == nil {
            for phase in layers[index].phases.keys {
                guard let done = layers[index].phases[phase]?.done else { continue }
                layers[index].phases[phase]?.meter.sample(done: done, at: time)
            }
        }
    }

    private mutating func place(of id: String) -> Int {
        if let place = places[id] { return place }
        places[id] = layers.count
        layers.append(Layer(id: id))
        return layers.count - 1
    }
}
