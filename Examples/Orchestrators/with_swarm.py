"""Swarm: dockerd as an orchestrator, on one node. It keeps as many containers running as its services are to have."""
import with_docker

# For scheduling, a manager and a worker talk over the loopback interface.
ADDRESS = "127.0.0.1"


def steps(stage):
    command = with_docker.start(stage)

    def docker(*words, **more):
        return stage.call(*command, *words, **more)

    def replicas():
        """The pids of the service's containers by their ids."""
        ids = docker("ps", "-q", "--no-trunc", "--filter", "label=com.docker.swarm.service.name=web").split()
        return {id: docker("inspect", "--format", "{{.State.Pid}}", id) for id in ids}

    def settled(count):
        """The replicas, when there are that many and no others."""
        return stage.eventually(f"there are {count} replicas",
                                lambda: len(found := replicas()) == count and "0" not in found.values() and found)

    with stage.step("makes a swarm of one node"):
        docker("swarm", "init", "--advertise-addr", ADDRESS, "--listen-addr", ADDRESS)
        stage.same(docker("node", "ls", "--format", "{{.Status}} {{.ManagerStatus}}"), "Ready Leader", "the node")
    with stage.step("runs a service of three replicas"):
        docker("service", "create", "--detach", "--name", "web", "--replicas", "3", "--no-resolve-image",
               "--limit-memory", "32m", "--restart-delay", "200ms", "--stop-grace-period", "1s", "bb", "sh", "-c",
               "trap 'exit 0' TERM; while :; do sleep 0.1; done")
        first = settled(3)
        for id, pid in first.items():
            stage.same(docker("inspect", "--format", "{{.HostConfig.Runtime}}", id), "ck", "the runtime")
            stage.same(stage.memory_limit(pid), 32 << 20, "the limit of memory")
    with stage.step("starts another replica for one that is killed"):
        victim = sorted(first)[0]
        stage.kill(first[victim])
        stage.eventually("the killed one is gone", lambda: victim not in replicas())
        second = settled(3)
        stage.same(len(set(second) & set(first)), 2, "the count of replicas that stayed")
        stage.eventually("the service tells of it", lambda: "non-zero exit (137)" in docker(
            "service", "ps", "--no-trunc", "--format", "{{.Error}}", "web"))
    with stage.step("executes a command in a replica"):
        stage.same(docker("exec", sorted(second)[0], "cat", "/proc/1/comm"), "sh")
    with stage.step("scales up to five"):
        docker("service", "scale", "--detach", "web=5")
        stage.holds(set(second) < set(settled(5)), "the replicas that were there have not stayed")
    with stage.step("replaces each by a new version, one by one"):
        before = set(replicas())
        docker("service", "update", "--detach", "--env-add", "VERSION=2", "--update-delay", "0s", "web")
        stage.eventually("all are new", lambda: len(found := set(replicas())) == 5 and not found & before, 120)
        settled(5)
        stage.same({docker("exec", id, "sh", "-c", "echo $VERSION") for id in replicas()}, {"2"}, "the version")
    with stage.step("scales down to one"):
        docker("service", "scale", "--detach", "web=1")
        settled(1)
    with stage.step("removes the service"):
        docker("service", "rm", "web")
        stage.eventually("no container is left", lambda: docker("ps", "-a", "-q") == "")
    with stage.step("leaves the swarm"):
        docker("swarm", "leave", "--force")
        stage.same(docker("info", "--format", "{{.Swarm.LocalNodeState}}"), "inactive", "the state")
        stage.eventually("its control groups are gone", lambda: not stage.groups_left())
        stage.eventually("its shims are gone", lambda: not stage.processes("containerd-shim"))
