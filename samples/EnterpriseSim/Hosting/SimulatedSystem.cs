namespace Steward.EnterpriseSim.Hosting;

/// <summary>
/// One product: its routes and its dialect. Handlers run one at a time under the system's lock, with the body already read,
/// so that every call sees and leaves a consistent state.
/// </summary>
internal abstract class SimulatedSystem(SimSystem system, SimWorld world)
{
    public SimSystem System => system;

    public Lock Gate { get; } = new();

    protected SimWorld World => world;

    /// <summary>The product's operations.</summary>
    public abstract IReadOnlyList<SimRoute> Routes { get; }

    /// <summary>Checks the credentials; null means that they are right, otherwise the product's answer.</summary>
    public abstract Reply? Authenticate(Call call);

    /// <summary>Counts the call against the product's limits and remembers the reading for the headers.</summary>
    public abstract RateReading CountRate(Call call);

    public abstract Reply Unauthorized(Call call);

    public abstract Reply UnknownPath(Call call);

    public abstract Reply MalformedJson(Call call, string detail);

    public abstract Reply TooLarge(Call call);

    public abstract Reply RateLimited(Call call, int retryAfterSeconds);

    public abstract Reply ServerError(Call call, int status);

    /// <summary>Whether bodies may be forms as well as JSON.</summary>
    public virtual bool ReadsForms => false;

    /// <summary>An error in an answer that says success. Most products do not do that themselves, but what stands in front of them does.</summary>
    public virtual Reply ErrorInSuccess(Call call, string? code) => new(200, ServerError(call, 500).Body);

    /// <summary>Makes all access tokens that were given out useless; refresh tokens stay.</summary>
    public virtual void ExpireTokens()
    {
    }

    /// <summary>Adds the headers that the product sends with every answer.</summary>
    public abstract void Finish(Call call, Reply reply);
}

/// <summary>One operation: where it is, what it is called, what it does.</summary>
internal sealed record SimRoute(string Method, string Pattern, string Operation, Func<Call, Reply> Handler)
{
    /// <summary>Whether the operation works without credentials (token endpoints, version lists).</summary>
    public bool Open { get; init; }

    /// <summary>Whether the body is a form with secrets: it is not parsed as JSON and not recorded.</summary>
    public bool SecretForm { get; init; }

    /// <summary>What has to wait for somebody else, such as a handshake: it runs before the call has its turn, so it must not touch the system.</summary>
    public Func<Call, Task>? Before { get; init; }
}

/// <summary>What the systems share.</summary>
internal sealed class SimWorld : IAsyncDisposable
{
    public SimWorld(EnterpriseSimOptions options, Company company)
    {
        (Options, Company) = (options, company);
        Ids = new SimIds(options.Seed);
        Faults = new FaultPlan(options.Seed);
        Calls = new CallLog(options.RememberedCalls);
        Started = options.Time.GetUtcNow();
        Hooks = new HookSender(this);
        Identity = new Identity.IdentityProvider(this);
    }

    public EnterpriseSimOptions Options { get; }

    public Company Company { get; }

    public TimeProvider Time => Options.Time;

    public SimIds Ids { get; }

    public CallLog Calls { get; }

    /// <summary>How long all systems were busy with calls.</summary>
    public HandlingTime Handling { get; } = new();

    public FaultPlan Faults { get; }

    public HookSender Hooks { get; }

    /// <summary>The identity provider that some systems take people's tokens of.</summary>
    public Identity.IdentityProvider Identity { get; }

    /// <summary>Every code and token that any system gave out.</summary>
    public System.Collections.Concurrent.ConcurrentBag<string> Issued { get; } = [];

    /// <summary>The moment at which the seeded history ends.</summary>
    public DateTimeOffset Started { get; }

    public async ValueTask DisposeAsync()
    {
        await Hooks.DisposeAsync();
        Identity.Dispose();
    }
}
