/// The flags of docker's image commands, as docker 28 declares them: `[letter,]name:type`, and the default of what is on
/// by itself.
enum DockerImageFlags {
    static let commands: [String: String] = [
        "build": """
        add-host:list build-arg:list cache-from:stringSlice cgroup-parent:string compress:bool \
        cpu-period:int64 cpu-quota:int64 c,cpu-shares:int64 cpuset-cpus:string cpuset-mems:string \
        disable-content-trust:bool=true f,file:string force-rm:bool iidfile:string isolation:string \
        label:list m,memory:bytes memory-swap:bytes network:string no-cache:bool platform:string pull:bool \
        q,quiet:bool rm:bool=true security-opt:stringSlice shm-size:bytes squash:bool t,tag:list \
        target:string ulimit:ulimit
        """,
        "commit": "a,author:string c,change:list m,message:string p,pause:bool=true",
        "container commit": "a,author:string c,change:list m,message:string p,pause:bool=true",
        "container export": "o,output:string",
        "export": "o,output:string",
        "history": "format:string H,human:bool=true no-trunc:bool platform:string q,quiet:bool",
        "image build": """
        add-host:list build-arg:list cache-from:stringSlice cgroup-parent:string compress:bool \
        cpu-period:int64 cpu-quota:int64 c,cpu-shares:int64 cpuset-cpus:string cpuset-mems:string \
        disable-content-trust:bool=true f,file:string force-rm:bool iidfile:string isolation:string \
        label:list m,memory:bytes memory-swap:bytes network:string no-cache:bool platform:string pull:bool \
        q,quiet:bool rm:bool=true security-opt:stringSlice shm-size:bytes squash:bool t,tag:list \
        target:string ulimit:ulimit
        """,
        "image history": "format:string H,human:bool=true no-trunc:bool platform:string q,quiet:bool",
        "image import": "c,change:list m,message:string platform:string",
        "image inspect": "f,format:string platform:string",
        "image load": "i,input:string platform:string q,quiet:bool",
        "image ls": """
        a,all:bool digests:bool f,filter:filter format:string no-trunc:bool q,quiet:bool tree:bool
        """,
        "image prune": "a,all:bool filter:filter f,force:bool",
        "image pull": "a,all-tags:bool disable-content-trust:bool=true platform:string q,quiet:bool",
        "image push": "a,all-tags:bool disable-content-trust:bool=true platform:string q,quiet:bool",
        "image rm": "f,force:bool no-prune:bool platform:stringSlice",
        "image save": "o,output:string platform:string",
        "image tag": "",
        "images": """
        a,all:bool digests:bool f,filter:filter format:string no-trunc:bool q,quiet:bool tree:bool
        """,
        "import": "c,change:list m,message:string platform:string",
        "inspect": "f,format:string s,size:bool type:string",
        "load": "i,input:string platform:string q,quiet:bool",
        "login": "p,password:string password-stdin:bool u,username:string",
        "logout": "",
        "pull": "a,all-tags:bool disable-content-trust:bool=true platform:string q,quiet:bool",
        "push": "a,all-tags:bool disable-content-trust:bool=true platform:string q,quiet:bool",
        "rmi": "f,force:bool no-prune:bool platform:stringSlice",
        "save": "o,output:string platform:string",
        "search": "f,filter:filter format:string limit:int no-trunc:bool",
        "tag": "",
    ]
}
