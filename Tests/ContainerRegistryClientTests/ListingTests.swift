import ContainerKitTesting
import ContainerSystem
import OCISpec
import Testing

@testable import ContainerRegistryClient

@Suite struct ListingTests {
    private func tags(_ transport: FakeTransport, limit: Int = 1000) -> Result<[String], ContainerError> {
        Result { () throws(ContainerError) in
            try client(transport).tags(of: try ImageReference(parsing: "localhost:5000/team/app"), limit: limit)
        }
    }

    private func failure(_ result: Result<[String], ContainerError>) -> ContainerError? {
        if case .failure(let error) = result { error } else { nil }
    }

    @Test func `tags come page by page`() throws {
        let transport = FakeTransport { request in
            switch request.url.target {
            case "/v2/team/app/tags/list?n=1000":
                .status(
                    200, ["Link": #"</v2/team/app/tags/list?last=b&n=2>; rel="next""#],
                    #"{"name":"x","tags":["a","b"]}"#)
            case "/v2/team/app/tags/list?last=b&n=2": .status(200, [:], #"{"name":"x","tags":["c"]}"#)
            default: .status(404)
            }
        }
        #expect(try tags(transport).get() == ["a", "b", "c"])
        #expect(try tags(FakeTransport(inTurn: [.status(200, [:], #"{"name":"x","tags":null}"#)])).get() == [])
    }

    @Test(arguments: [
        "http://localhost:6000/v2/team/app/tags/list?last=b", "https://evil.example/x", "file:///etc/passwd",
    ])
    func `a next page elsewhere is not fetched`(target: String) {
        let transport = FakeTransport(inTurn: [.status(200, ["Link": "<\(target)>; rel=next"], #"{"tags":["a"]}"#)])
        #expect(failure(tags(transport))?.cause?.contains("elsewhere") == true)
        #expect(transport.requests.count == 1)
    }

    @Test func `a list without end is refused`() {
        let turn = #"{"tags":["a"]}"#
        let endless = FakeTransport {
            .status(200, ["Link": "<\($0.url.target)0>; rel=\"next\""], turn)
        }
        #expect(failure(tags(endless, limit: 50))?.cause == "it has more than 50 names")
        let empty = FakeTransport { .status(200, ["Link": "<\($0.url.target)0>; rel=\"next\""], #"{"tags":[]}"#) }
        #expect(failure(tags(empty))?.cause == "its pages have no end")
        #expect(empty.requests.count == 1)
        let same = FakeTransport { .status(200, ["Link": "<\($0.url.target)>; rel=\"next\""], turn) }
        #expect(failure(tags(same))?.cause == "its pages have no end")
    }

    @Test(arguments: ["<html>", #"{"tags":["../x"]}"#, #"{"tags":["a\n"]}"#, #"{"tags":[1]}"#])
    func `what is no list is refused`(body: String) {
        #expect(failure(tags(FakeTransport(inTurn: [.status(200, [:], body)])))?.code == .corrupted)
    }

    @Test func `a repository that is not there`() {
        let body = #"{"errors":[{"code":"NAME_UNKNOWN","message":"repository name not known to registry"}]}"#
        let error = failure(tags(FakeTransport(inTurn: [.status(404, [:], body)])))
        #expect(
            error?.description
                == "repository localhost:5000/team/app not found: name unknown: repository name not known to registry "
                + "(check the name)")
    }

    @Test func `the catalog asks for its own scope and leaves out what cannot be named`() throws {
        let challenge = #"Bearer realm="http://localhost:5001/token",service="r""#
        let transport = FakeTransport { request in
            if request.url.port == 5001 { return .status(200, [:], #"{"token":"t"}"#) }
            guard request.headers.contains(where: { $0.name == "Authorization" }) else {
                return .status(401, ["WWW-Authenticate": challenge])
            }
            return .status(200, [:], #"{"repositories":["a","team/b","..","UP","c\u001b"]}"#)
        }
        #expect(try client(transport).catalog(of: "localhost:5000") == ["a", "team/b"])
        #expect(transport.urls[1].contains("scope=registry:catalog:%2A"))
    }
}
