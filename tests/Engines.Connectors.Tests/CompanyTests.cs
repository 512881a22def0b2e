using Steward.EnterpriseSim;

namespace Steward.Engines.Connectors.Tests;

/// <summary>A small company's systems over HTTP, and the connectors of its tenant.</summary>
public abstract class CompanyTests : IAsyncLifetime
{
    /// <summary>The ways in which an answer is lost, and whether the action was done.</summary>
    public static TheoryData<SimFaultKind, bool> Losses => new()
    {
        { SimFaultKind.CutBeforeCommit, false },
        { SimFaultKind.CutAfterCommit, true },
        { SimFaultKind.CutInBody, true },
        { SimFaultKind.ServerError, false },
        { SimFaultKind.ServerErrorAfterCommit, true },
    };

    private protected static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    private protected virtual EnterpriseSimOptions Options => new();

    private protected EnterpriseSimulation Company { get; private set; } = null!;

    private protected Connected Connected { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Company = await EnterpriseSimulation.StartAsync(Options);
        Connected = Connected.To(Company);
    }

    public async Task DisposeAsync()
    {
        Connected.Dispose();
        await Company.DisposeAsync();
    }

    private protected string IdOf(string login) => Company.State.OktaUser(login)!["id"]!.GetValue<string>();

    private protected int EffectsOf(string operation) => Company.Calls.Count(call => call.Operation == operation && call.Effect);

    /// <summary>Loses the answer to a write, looks it up, and checks that it was sent once and is told rightly.</summary>
    private protected async Task AssertLossIsLookedUpAsync(SimFault fault, bool wasDone, string operation, object arguments)
    {
        Company.Inject(fault);
        var sentAt = Now;
        Assert.IsType<ActionUnknown>(await Connected.ExecuteAsync(operation, arguments, "t-acme/r-1/step-2"));
        var reconciled = await Connected.ReconcileAsync(operation, arguments, sentAt, "t-acme/r-1/step-2");

        Assert.Single(Company.Calls, call => call.Operation == fault.Operation);
        Assert.Equal(wasDone ? 1 : 0, EffectsOf(fault.Operation!));
        Assert.Equal(wasDone ? typeof(ReconciledDone) : typeof(ReconciledNotDone), reconciled.GetType());
    }
}
