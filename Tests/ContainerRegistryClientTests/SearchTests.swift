import ContainerKitTesting
import ContainerSystem
import OCISpec
import Testing

@testable import ContainerRegistryClient

@Suite struct SearchTests {
    private let index = #"""
        {"num_results": 2, "query": "busy", "results": [
          {"name": "busybox", "description": "Busybox base image.", "star_count": 3300, "is_official": true,
           "is_automated": false},
          {"name": "ann/busy", "description": null}]}
        """#

    @Test func `docker's index is asked for words without a registry`() throws {
        let transport = FakeTransport(inTurn: [.status(200, [:], index)])
        let results = try client(transport).search("busy box", limit: 5)
        #expect(transport.urls == ["https://index.docker.io/v1/search?q=busy%20box&n=5"])
        #expect(
            results == [
                .init(name: "busybox", description: "Busybox base image.", stars: 3300, isOfficial: true),
                .init(name: "ann/busy", description: "", stars: 0, isOfficial: false),
            ])
        _ = try client(transport).search("library/busy")
        #expect(transport.urls.last == "https://index.docker.io/v1/search?q=busy&n=25")
        _ = try client(transport).search("ann/busy")
        #expect(transport.urls.last == "https://index.docker.io/v1/search?q=ann/busy&n=25")
    }

    @Test func `another registry's names come with it`() throws {
        let transport = FakeTransport(inTurn: [.status(200, [:], index)])
        let results = try client(transport).search("localhost:5000/busy")
        #expect(transport.urls == ["http://localhost:5000/v1/search?q=busy&n=25"])
        #expect(results.map(\.name) == ["localhost:5000/busybox", "localhost:5000/ann/busy"])
    }

    @Test(arguments: [FakeTransport.Answer.status(404), .status(401), .status(200, [:], "<html>")])
    func `a registry without an index is searched by its catalog`(noIndex: FakeTransport.Answer) throws {
        let transport = FakeTransport { request in
            switch request.url.target {
            case "/v2/_catalog?n=1000":
                .status(200, ["Link": #"</v2/_catalog?last=b&n=2>; rel="next""#], #"{"repositories":["a/app","b"]}"#)
            case "/v2/_catalog?last=b&n=2": .status(200, [:], #"{"repositories":["happy","zz"]}"#)
            default: noIndex
            }
        }
        let results = try client(transport).search("localhost:5000/APP")
        #expect(results.map(\.name) == ["localhost:5000/a/app", "localhost:5000/happy"])
        #expect(try client(transport).search("localhost:5000/", limit: 3).count == 3)
    }

    @Test func `what cannot be searched for is told`() {
        func error(_ term: String, limit: Int = 25, _ answer: FakeTransport.Answer = .status(404)) -> ContainerError? {
            failure { () throws(ContainerError) in
                try client(FakeTransport(inTurn: [answer])).search(term, limit: limit)
            }
        }
        #expect(error("https://x/y")?.message.contains("should not have a scheme") == true)
        #expect(error("x", limit: 0)?.message == "limit 0 is outside the range of [1, 100]")
        #expect(error("x", limit: 101)?.message == "limit 101 is outside the range of [1, 100]")
        #expect(error("x", .status(503))?.message == "search docker.io: the registry at index.docker.io:443 failed")
        #expect(error("localhost:5000/x")?.code == .notFound)
        #expect(error("x", .status(200, [:], "<html>"))?.code == .unavailable)
    }
}

@Suite struct RateLimitTests {
    private func limit(_ headers: [String: String], now: Double = 784_111_777 - 90) -> RateLimit {
        RateLimit(HTTPResponseHead(status: 429, headers: headers.map { HTTPHeader($0, $1) }), now: now)
    }

    @Test func `when to come back`() {
        #expect(limit(["Retry-After": "30"]).wait == 30)
        #expect(limit(["Retry-After": "Sun, 06 Nov 1994 08:49:37 GMT"]).wait == 90)
        #expect(limit(["Retry-After": "Sun, 06 Nov 1994 08:40:37 GMT"]).wait == 0)
        #expect(limit(["Retry-After": "-5"]).wait == 0)
        #expect(limit(["Retry-After": "99999999999"]).wait == 86400)
        for nonsense in ["", "soon", "1e3", "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 CET"] {
            #expect(limit(["Retry-After": nonsense]).wait == nil)
        }
    }

    @Test func `docker's counts`() {
        #expect(
            limit(["RateLimit-Limit": "100;w=21600", "RateLimit-Remaining": "0;w=21600"]).counts
                == "0 of 100 left in 6 h")
        #expect(limit(["ratelimit-remaining": "7"]).counts == "7 left")
        #expect(limit(["RateLimit-Remaining": "x;w=1"]).counts == nil)
        #expect(limit(["RateLimit-Remaining": "1;w=99999999999"]).counts == "1 left")
    }

    @Test func `the error says all of it`() throws {
        let transport = FakeTransport(inTurn: [
            .status(
                429, ["Retry-After": "900", "RateLimit-Limit": "100;w=21600", "RateLimit-Remaining": "0;w=21600"],
                #"{"errors":[{"code":"TOOMANYREQUESTS","message":"slow down"}]}"#)
        ])
        let error = failure { () throws(ContainerError) in
            try client(transport).resolve(try ImageReference(parsing: "x"))
        }
        #expect(
            error?.description
                == "pull x:latest: docker.io takes no more requests for now: toomanyrequests: slow down, "
                + "0 of 100 left in 6 h (try again in 15 min)")
        #expect(transport.requests.count == 1)
    }
}
