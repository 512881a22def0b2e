using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;
using Orleans.Storage;
using Steward.Identity;
using Steward.Operations;

namespace Steward.People;

/// <summary>
/// Owns the list of those who hold one of a tenant's roles. Persists: <see cref="KnownHoldersState"/>. Woken by: <see cref="KnownPeople"/>, seldom, and by what all holders should know. A role of a whole company
/// costs a write a day: whoever comes when the list is full is not written down, only that there are more.
/// </summary>
internal sealed class KnownHoldersGrain(
    [PersistentState("holders", StorageNames.GrainState)] IPersistentState<KnownHoldersState> state,
    [FromKeyedServices(StorageNames.GrainState)] IGrainStorage storage,
    TimeProvider time) : StewardGrain, IKnownHoldersGrain
{
    /// <summary>The most people who are kept.</summary>
    public const int Most = 200;

    // Coarse beside the time after which somebody is forgotten: a person with many roles must not cost a write for each of them every day.
    private static readonly TimeSpan RefreshedEvery = TimeSpan.FromDays(7);
    private static readonly TimeSpan ForgottenAfter = TimeSpan.FromDays(90);

    private Dictionary<string, KnownHolderEntry> Holders => state.State.Holders;

    /// <summary>Takes over the admins that earlier releases noted: nobody has to come again to be told. It is written down with the first change, and read again until then.</summary>
    protected override async Task ActivateAsync(CancellationToken cancellationToken)
    {
        var key = this.GetPrimaryKeyString();
        if (state.RecordExists || key != GrainKeys.KnownHolders(GrainKeys.TenantOf(key), WellKnownRoles.Admin))
        {
            return;
        }

        foreach (var (userId, admin) in await KnownAdminsState.ReadAsync(storage, GrainKeys.TenantOf(key)))
        {
            Holders[userId] = new KnownHolderEntry { At = admin.At, Email = admin.Person.Email, Name = admin.Person.Name };
        }
    }

    /// <inheritdoc/>
    public Task Saw(CallerIdentity person, bool holds, CancellationToken cancellationToken = default) => SawAll([new HolderSeen { Person = person, Holds = holds }], cancellationToken);

    /// <inheritdoc/>
    public async Task SawAll(IReadOnlyList<HolderSeen> people, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        var now = time.GetUtcNow();
        var hasChanged = false;
        foreach (var seen in people)
        {
            hasChanged |= seen.Holds ? Add(seen.Person, now) : Holders.Remove(seen.Person.UserId);
        }

        if (hasChanged)
        {
            await Write();
        }
    }

    /// <inheritdoc/>
    public Task<KnownHolders> List(CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        var since = time.GetUtcNow() - ForgottenAfter;
        return Task.FromResult(new KnownHolders
        {
            People = [.. Holders.Where(holder => holder.Value.At >= since).OrderByDescending(holder => holder.Value.At).Select(holder => new KnownHolder { UserId = holder.Key, Email = holder.Value.Email, Name = holder.Value.Name })],

            // As long as somebody came lately who is not in the list, it has only some of them, whoever else has left it since.
            IsCrowded = state.State.CrowdedAt >= since,
        });
    }

    private bool Add(CallerIdentity person, DateTimeOffset now)
    {
        var known = Holders.GetValueOrDefault(person.UserId);
        if (known is not null && now - known.At < RefreshedEvery && known.Email == person.Email && known.Name == person.Name)
        {
            return false;
        }

        if (known is null && Holders.Count >= Most && Forget(now) == 0)
        {
            if (now - state.State.CrowdedAt is { } since && since < KnownPeople.NotedEvery)
            {
                return false;
            }

            state.State.CrowdedAt = now;
            return true;
        }

        Holders[person.UserId] = new KnownHolderEntry { At = now, Email = person.Email, Name = person.Name };
        Forget(now);
        return true;
    }

    private int Forget(DateTimeOffset now)
    {
        var old = Holders.Where(holder => now - holder.Value.At > ForgottenAfter).Select(holder => holder.Key).ToList();
        foreach (var userId in old)
        {
            Holders.Remove(userId);
        }

        return old.Count;
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

/// <summary>What is persisted of those who hold a role.</summary>
[GenerateSerializer]
[Alias("steward.known-holders-state")]
internal sealed class KnownHoldersState
{
    /// <summary>The holders by user id.</summary>
    [Id(0)]
    public Dictionary<string, KnownHolderEntry> Holders { get; set; } = new(StringComparer.Ordinal);

    /// <summary>When, to the day, somebody last came for whom there was no room; null never.</summary>
    [Id(1)]
    public DateTimeOffset? CrowdedAt { get; set; }
}

/// <summary>One holder.</summary>
[GenerateSerializer]
[Alias("steward.known-holder-entry")]
internal sealed class KnownHolderEntry
{
    /// <summary>When they were here last with the role, to the week.</summary>
    [Id(0)]
    public DateTimeOffset At { get; set; }

    /// <summary>Mail address.</summary>
    [Id(1)]
    public string? Email { get; set; }

    /// <summary>Name.</summary>
    [Id(2)]
    public string? Name { get; set; }
}
