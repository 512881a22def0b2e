using Steward.Engines.Approvals.People;

namespace Steward.Engines.Approvals.Chains;

/// <summary>
/// One level's resolution. In order: everybody whom the level names; without those who left, the requester and those who voted before; with those who may act for them; filled up from the chain's fallback and then
/// with the tenant's admins when fewer are left than have to approve. Whatever is not as the rules meant is said.
/// </summary>
internal sealed class LevelResolution
{
    /// <summary>The most people whose managers are asked when a level is escalated.</summary>
    private const int MaxEscalated = 50;

    private const string AdminRole = "admin";

    private readonly IDirectory _directory;
    private readonly LevelQuery _query;
    private readonly LevelWarnings _warnings = new();
    private readonly LevelCandidates _candidates;
    private readonly LevelStandIns _standIns;

    public LevelResolution(IDirectory directory, LevelQuery query)
    {
        (_directory, _query) = (directory, query);
        _candidates = new(directory, query, _warnings);
        _standIns = new(directory, query, _warnings, person => _candidates.Has(person) || query.Seats.Any(seat => seat.Person?.MayBe(person.UserId, person.Email) == true));
    }

    /// <summary>The people of a level that is to be opened.</summary>
    public async ValueTask<ResolvedLevel> OpenAsync(CancellationToken cancellationToken)
    {
        var level = _query.Chain.Levels[_query.Level - 1];
        await _candidates.AddAsync(level.Approvers, cancellationToken);
        if (_candidates.All.Count == 0)
        {
            _warnings.Add($"Level {_query.Level} ({level.Name}) has nobody who could be asked; the fallback is.");
            await _candidates.AddAsync(_query.Chain.Fallback, cancellationToken);
        }

        // As many as have to approve are never fewer than the rules say: rather more people are asked. Nor does anybody make a level smaller by signing in with another's address.
        var needed = level.Quorum.Kind switch
        {
            QuorumKind.Count => Math.Max(1, level.Quorum.Value),
            QuorumKind.All or QuorumKind.Percent when _candidates.Ambiguous > 0 => _candidates.Size + 1,
            _ => 1,
        };
        bool IsShort() => _candidates.Size < needed && (!_candidates.HasRole || _candidates.Ambiguous > 0);
        if (_candidates.All.Count > 0 && IsShort())
        {
            _warnings.Add($"Level {_query.Level} ({level.Name}) takes {needed} approvals and has {_candidates.Size} who could be asked; the fallback is asked, too.");
            await _candidates.AddAsync(_query.Chain.Fallback, cancellationToken);
        }

        if (_candidates.All.Count == 0 || IsShort())
        {
            _warnings.Add(_candidates.All.Count == 0 ? "The fallback has nobody either; the tenant's admins are asked." : $"There still are only {_candidates.Size}; the tenant's admins are asked, too.");
            await _candidates.AddRoleAsync(AdminRole, "nobody else was found", cancellationToken);
        }

        var seats = await SeatsAsync(cancellationToken);
        return Resolved(seats, RequiredOf(level.Quorum, seats.Sum(seat => seat.Size)));
    }

    /// <summary>The people to ask in addition at an open level.</summary>
    public async ValueTask<ResolvedLevel> EscalateAsync(CancellationToken cancellationToken)
    {
        var level = _query.Chain.Levels[_query.Level - 1];
        if (level.Sla?.EscalateTo is { Count: > 0 } named)
        {
            await _candidates.AddAsync(named, cancellationToken);
        }
        else
        {
            foreach (var person in _query.Seats.Select(seat => seat.Person).OfType<PersonRef>().Where(person => person.Email.Length > 0).Take(MaxEscalated))
            {
                await _candidates.AddManagerAsync(person.Email, person.Name, 1, cancellationToken);
            }
        }

        if (_candidates.All.Count == 0)
        {
            _warnings.Add($"Level {_query.Level} ({level.Name}) has nobody to be escalated to; the fallback is asked.");
            await _candidates.AddAsync(_query.Chain.Fallback, cancellationToken);
        }

        if (_candidates.All.Count == 0)
        {
            _warnings.Add("The fallback has nobody either; the tenant's admins are asked.");
            await _candidates.AddRoleAsync(AdminRole, "nobody else was found", cancellationToken);
        }

        var seats = await SeatsAsync(cancellationToken);
        return Resolved(seats, 1);
    }

    /// <summary>Who may act for the people of an open level by the delegations of now.</summary>
    public async ValueTask<ResolvedDelegations> DelegateAsync(CancellationToken cancellationToken)
    {
        var concerned = _query.Delegations.Where(delegation => delegation.Covers(_query.Type, _query.Now)).Select(delegation => delegation.From).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var standIns = new Dictionary<int, IReadOnlyList<StandIn>>();
        for (var i = 0; i < _query.Seats.Count; i++)
        {
            var seat = _query.Seats[i];
            if (seat.Person is not { Email.Length: > 0 } known || !(concerned.Contains(known.Email) || seat.StandIns.Any(standIn => standIn.DelegationId is not null)))
            {
                continue;
            }

            // The seat stays whose it was, whoever has the address by now.
            var found = await _directory.FindAsync(known.Email, cancellationToken);
            var person = new Person { Email = known.Email, Name = known.Name, UserId = known.UserId, Absences = found?.Absences ?? [] };
            standIns[i] = await _standIns.OfAsync(person, cancellationToken);
        }

        var (ids, changeAt) = LevelDelegations.Of(_query.Seats, _query.Delegations, _query.Type, _query.Now);
        return new() { Level = _query.Level, StandIns = standIns, Warnings = _warnings.All, Delegations = ids, DelegationsAt = changeAt };
    }

    private ResolvedLevel Resolved(IReadOnlyList<Seat> seats, int required)
    {
        var (ids, changeAt) = LevelDelegations.Of(seats, _query.Delegations, _query.Type, _query.Now);
        return new() { Seats = seats, Required = required, Warnings = _warnings.All, Delegations = ids, DelegationsAt = changeAt };
    }

    /// <summary>How many have to approve of so many.</summary>
    private static int RequiredOf(Quorum quorum, int size) => quorum.Kind switch
    {
        QuorumKind.All => size,
        QuorumKind.Count => Math.Max(1, quorum.Value),
        QuorumKind.Percent => Math.Clamp((int)Math.Ceiling(size * quorum.Value / 100m), 1, size),
        _ => 1,
    };

    private async ValueTask<IReadOnlyList<Seat>> SeatsAsync(CancellationToken cancellationToken)
    {
        var seats = new List<Seat>(_candidates.All.Count);
        foreach (var candidate in _candidates.All)
        {
            seats.Add(new()
            {
                Person = candidate.Person is null ? null : PersonRef.Of(candidate.Person),
                Role = candidate.Role,
                Via = candidate.Via,
                Groups = candidate.Groups,
                StandIns = candidate.Person is null ? [] : await _standIns.OfAsync(candidate.Person, cancellationToken),

                // Who has a seat of their own is not counted in a role's, too.
                Holders = [.. candidate.Holders.Where(holder => !_candidates.Has(holder)).Select(PersonRef.Of)],
            });
        }

        return seats;
    }
}
