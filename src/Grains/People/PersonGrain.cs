using Orleans.Runtime;
using Steward.Identity;
using Steward.Operations;

namespace Steward.People;

/// <summary>Owns what is known of a person. Persists: <see cref="PersonState"/>. Woken by: the person's messages, seldom, and by what acts in their name later.</summary>
internal sealed class PersonGrain([PersistentState("person", StorageNames.GrainState)] IPersistentState<PersonState> state, TimeProvider time) : StewardGrain, IPersonGrain
{
    /// <inheritdoc/>
    public async Task Saw(CallerIdentity person, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        var now = time.GetUtcNow();
        var known = state.State;
        if (known.At is { } at && now - at < KnownPeople.NotedEvery && known.Roles.SequenceEqual(person.Roles) && known.Email == person.Email && known.Name == person.Name)
        {
            return;
        }

        (known.At, known.Roles, known.Email, known.Name) = (now, [.. person.Roles], person.Email, person.Name);
        await Write();
    }

    /// <inheritdoc/>
    public Task<PersonSeen?> GetLastSeen(CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        return Task.FromResult(state.State.At is { } at ? new PersonSeen { At = at, Roles = [.. state.State.Roles], Email = state.State.Email, Name = state.State.Name } : null);
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

/// <summary>What is persisted of a person.</summary>
[GenerateSerializer]
[Alias("steward.person-state")]
internal sealed class PersonState
{
    /// <summary>When the person was last here; null never.</summary>
    [Id(0)]
    public DateTimeOffset? At { get; set; }

    /// <summary>With which roles.</summary>
    [Id(1)]
    public List<string> Roles { get; set; } = [];

    /// <summary>With which mail address.</summary>
    [Id(2)]
    public string? Email { get; set; }

    /// <summary>Under which name.</summary>
    [Id(3)]
    public string? Name { get; set; }
}
