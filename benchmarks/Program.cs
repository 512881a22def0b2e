using System.CommandLine;
using Steward.Benchmarks.Scenarios;
using Steward.Benchmarks.Scenarios.Crash;
using Steward.Benchmarks.Scenarios.Experiments;

var root = new RootCommand("Measures Steward against the targets of its design.")
{
    TurnsScenario.Create(),
    SessionsScenario.Create(),
    JournalScenario.Create(),
    OpenApiScenario.Create(),
    ConnectorsScenario.Create(),
    InstancesScenario.Create(),
    LongScenario.Create(),
    CrashScenario.Create(),
    FairnessScenario.Create(),
    NoisyNeighbour.Create(),
    ApprovalsScenario.Create(),
    InferenceScenario.Create(),
    RerankingScenario.Create(),
    HeadsScenario.Create(),
    MemoryScenario.Create(),
    ExtractionScenario.Create(),
    VectorsScenario.Create(),
    MemoryPace.Create(),
    CacheScenario.Create(),
    RoutingScenario.Create(),
    ExperimentsScenario.Create(),
    GatewayScenario.Create(),
    IncidentsScenario.Create(),
    SandboxScenario.Create(),
};
return await root.Parse(args).InvokeAsync();
