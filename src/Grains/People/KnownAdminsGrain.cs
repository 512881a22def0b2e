using Orleans.Runtime;
using Steward.Identity;
using Steward.Operations;

namespace Steward.People;

/// <summary>Owns the list of a tenant's admins. Persists: <see cref="KnownAdminsState"/>. Woken by: <see cref="KnownPeople"/>, seldom, and by what all admins should know.</summary>
internal sealed class KnownAdminsGrain([PersistentState("admins", StorageNames.GrainState)] IPersistentState<KnownAdminsState> state, TimeProvider time) : Grain, IKnownAdminsGrain
{
    private const int Most = 200;
    private static readonly TimeSpan ForgottenAfter = TimeSpan.FromDays(90);

    /// <inheritdoc/>
    public async Task Saw(CallerIdentity person, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        var admins = state.State.Admins;
        var now = time.GetUtcNow();
        if (!person.Roles.Contains(WellKnownRoles.Admin))
        {
            if (admins.Remove(person.UserId))
            {
                await Write();
            }

            return;
        }

        if (admins.TryGetValue(person.UserId, out var known) && now - known.At < KnownPeople.NotedEvery && known.Person.Email == person.Email)
        {
            return;
        }

        admins[person.UserId] = new KnownAdmin { Person = person, At = now };
        foreach (var old in admins.Where(admin => now - admin.Value.At > ForgottenAfter).Select(admin => admin.Key).ToList())
        {
            admins.Remove(old);
        }

        if (admins.Count > Most)
        {
            admins.Remove(admins.MinBy(admin => admin.Value.At).Key);
        }

        await Write();
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<CallerIdentity>> List(CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        var since = time.GetUtcNow() - ForgottenAfter;
        return Task.FromResult<IReadOnlyList<CallerIdentity>>([.. state.State.Admins.Values.Where(admin => admin.At >= since).OrderByDescending(admin => admin.At).Select(admin => admin.Person)]);
    }

    private async Task Write()
    {
        try
        {
            await state.WriteStateAsync();
        }
        catch
        {
            // Memory and store may differ now: the next activation reads what really stands.
            DeactivateOnIdle();
            throw;
        }
    }
}

/// <summary>What is persisted of a tenant's admins.</summary>
[GenerateSerializer]
[Alias("steward.known-admins-state")]
internal sealed class KnownAdminsState
{
    /// <summary>The admins by user id.</summary>
    [Id(0)]
    public Dictionary<string, KnownAdmin> Admins { get; set; } = new(StringComparer.Ordinal);
}

/// <summary>One admin.</summary>
[GenerateSerializer]
[Alias("steward.known-admin")]
internal sealed class KnownAdmin
{
    /// <summary>Who.</summary>
    [Id(0)]
    public required CallerIdentity Person { get; set; }

    /// <summary>When they were here last, to the day.</summary>
    [Id(1)]
    public DateTimeOffset At { get; set; }
}
