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
}

/// <summary>What the four systems share.</summary>
internal sealed class SimWorld(EnterpriseSimOptions options, Company company)
{
    public EnterpriseSimOptions Options => options;

    public Company Company => company;

    public TimeProvider Time => options.Time;

    public SimIds Ids { get; } = new(options.Seed);

    public CallLog Calls { get; } = new(options.RememberedCalls);

    public FaultPlan Faults { get; } = new();

    /// <summary>The moment at which the seeded history ends.</summary>
    public DateTimeOffset Started { get; } = options.Time.GetUtcNow();
}
