using Steward.Engines.Approvals.People;

namespace Steward.Engines.Approvals.Chains;

/// <summary>
/// One level's resolution. In order: everybody whom the level names; without those who left, the requester and those who voted before; with those who may act for them; filled up from the chain's fallback and then
/// with the tenant's admins when fewer are left than have to approve. Whatever is not as the rules meant is said.
/// </summary>
internal sealed class LevelResolution(IDirectory directory, LevelQuery query)
{
    /// <summary>The most people at one level; more are not asked, and that is said.</summary>
    public const int MaxPeople = 500;

    /// <summary>The most people whose managers are asked when a level is escalated.</summary>
    private const int MaxEscalated = 50;

    private const string AdminRole = "admin";

    /// <summary>How far up managers are followed in search of somebody who is there.</summary>
    private const int StandInLevels = 3;

    private readonly List<Candidate> _candidates = [];
    private readonly List<string> _warnings = [];

    private string? RequesterEmail => query.Requester.Email;

    /// <summary>The people of a level that is to be opened.</summary>
    public async ValueTask<ResolvedLevel> OpenAsync(CancellationToken cancellationToken)
    {
        var level = query.Chain.Levels[query.Level - 1];
        await AddAsync(level.Approvers, cancellationToken);
        if (_candidates.Count == 0)
        {
            Warn($"Level {query.Level} ({level.Name}) has nobody who could be asked; the fallback is.");
            await AddAsync(query.Chain.Fallback, cancellationToken);
        }

        // As many as have to approve are never fewer than the rules say: rather more people are asked.
        var needed = level.Quorum.Kind == QuorumKind.Count ? Math.Max(1, level.Quorum.Value) : 1;
        if (_candidates.Count > 0 && Size < needed && !HasRole)
        {
            Warn($"Level {query.Level} ({level.Name}) takes {needed} approvals and has {Size} who could be asked; the fallback is asked, too.");
            await AddAsync(query.Chain.Fallback, cancellationToken);
        }

        if (_candidates.Count == 0 || (Size < needed && !HasRole))
        {
            Warn(_candidates.Count == 0 ? "The fallback has nobody either; the tenant's admins are asked." : $"There still are only {Size}; the tenant's admins are asked, too.");
            await AddRoleAsync(AdminRole, "nobody else was found", cancellationToken);
        }

        var seats = await SeatsAsync(cancellationToken);
        return new() { Seats = seats, Required = RequiredOf(level.Quorum, seats.Sum(seat => seat.Size)), Warnings = _warnings };
    }

    /// <summary>The people to ask in addition at an open level.</summary>
    public async ValueTask<ResolvedLevel> EscalateAsync(CancellationToken cancellationToken)
    {
        var level = query.Chain.Levels[query.Level - 1];
        if (level.Sla?.EscalateTo is { Count: > 0 } named)
        {
            await AddAsync(named, cancellationToken);
        }
        else
        {
            foreach (var person in query.Seats.Select(seat => seat.Person).OfType<PersonRef>().Where(person => person.Email.Length > 0).Take(MaxEscalated))
            {
                await AddManagerAsync(person.Email, person.Name, 1, cancellationToken);
            }
        }

        if (_candidates.Count == 0)
        {
            Warn($"Level {query.Level} ({level.Name}) has nobody to be escalated to; the fallback is asked.");
            await AddAsync(query.Chain.Fallback, cancellationToken);
        }

        if (_candidates.Count == 0)
        {
            Warn("The fallback has nobody either; the tenant's admins are asked.");
            await AddRoleAsync(AdminRole, "nobody else was found", cancellationToken);
        }

        return new() { Seats = await SeatsAsync(cancellationToken), Required = 1, Warnings = _warnings };
    }

    private bool HasRole => _candidates.Exists(candidate => candidate.Role is not null);

    private int Size => _candidates.Sum(candidate => candidate.Role is null ? 1 : Math.Max(1, candidate.Holders.Count));

    /// <summary>How many have to approve of so many.</summary>
    private static int RequiredOf(Quorum quorum, int size) => quorum.Kind switch
    {
        QuorumKind.All => size,
        QuorumKind.Count => Math.Max(1, quorum.Value),
        QuorumKind.Percent => Math.Clamp((int)Math.Ceiling(size * quorum.Value / 100m), 1, size),
        _ => 1,
    };

    private async ValueTask AddAsync(IReadOnlyList<ApproverSpec> specs, CancellationToken cancellationToken)
    {
        foreach (var spec in specs)
        {
            switch (spec.Kind)
            {
                case ApproverKind.Email:
                    await AddEmailAsync(spec.Value, cancellationToken);
                    break;
                case ApproverKind.User:
                    await AddUserAsync(spec.Value, cancellationToken);
                    break;
                case ApproverKind.Group:
                    await AddGroupAsync(spec.Value, cancellationToken);
                    break;
                case ApproverKind.Role:
                    await AddRoleAsync(spec.Value, "named by the rules", cancellationToken);
                    break;
                default:
                    await AddManagerOfAsync(spec, cancellationToken);
                    break;
            }
        }
    }

    private async ValueTask AddEmailAsync(string email, CancellationToken cancellationToken)
    {
        if (await directory.FindAsync(email, cancellationToken) is { } person)
        {
            Add(person, "named by the rules");
        }
        else
        {
            Warn($"{email} is nobody whom the directory knows.");
        }
    }

    /// <summary>A user id says nothing to the directory: whoever signs in with it is asked, by that id alone.</summary>
    private async ValueTask AddUserAsync(string userId, CancellationToken cancellationToken)
    {
        if (directory is IUserDirectory users && await users.FindUserAsync(userId, cancellationToken) is { } person)
        {
            Add(person, "named by the rules");
            return;
        }

        Add(new Person { Email = "", Name = userId, UserId = userId }, "named by the rules");
    }

    private async ValueTask AddGroupAsync(string group, CancellationToken cancellationToken)
    {
        if (await directory.FindGroupAsync(group, cancellationToken) is not { } members)
        {
            Warn($"The directory has no group {group}.");
            return;
        }

        if (members.Count == 0)
        {
            Warn($"The group {group} has no members.");
        }

        if (members.Count > MaxPeople)
        {
            Warn($"The group {group} has {members.Count} members; the first {MaxPeople} are asked.");
        }

        foreach (var member in members.OrderBy(member => member.Email, StringComparer.OrdinalIgnoreCase).Take(MaxPeople))
        {
            Add(member, "member of " + group, group);
        }
    }

    private async ValueTask AddRoleAsync(string role, string why, CancellationToken cancellationToken)
    {
        if (_candidates.Exists(candidate => candidate.Role == role))
        {
            return;
        }

        var holders = (await directory.FindRoleAsync(role, cancellationToken) ?? [])
            .Where(person => person.IsActive && !IsRequester(person) && !HasVoted(person))
            .Take(MaxPeople)
            .ToList();
        _candidates.Add(new() { Role = role, Holders = holders, Via = [$"role {role}, {why}"] });
    }

    private async ValueTask AddManagerOfAsync(ApproverSpec spec, CancellationToken cancellationToken)
    {
        var isRequester = spec.Value == "requester";
        var email = isRequester ? RequesterEmail : spec.Value;
        if (email is null)
        {
            Warn("The requester's mail address is not known, so neither is their manager.");
            return;
        }

        await AddManagerAsync(email, isRequester ? "the requester" : email, Math.Clamp(spec.Levels, 1, 10), cancellationToken);
    }

    /// <summary>Adds the manager so many levels up, or the highest there is below.</summary>
    private async ValueTask AddManagerAsync(string email, string name, int levels, CancellationToken cancellationToken)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { email };
        Person? manager = null;
        var climbed = 0;
        for (var at = email; climbed < levels; climbed++)
        {
            if (await directory.FindManagerAsync(at, cancellationToken) is not { } next)
            {
                break;
            }

            if (!seen.Add(next.Email))
            {
                Warn($"The directory's managers above {email} go round in a circle at {next.Email}.");
                break;
            }

            (manager, at) = (next, next.Email);
        }

        if (manager is null)
        {
            Warn($"{name} has no manager in the directory.");
            return;
        }

        if (climbed < levels)
        {
            Warn($"{name} has only {climbed} of {levels} levels of managers; the highest is asked.");
        }

        Add(manager, climbed == 1 ? $"manager of {email}" : $"manager of {email}, {climbed} levels up");
    }

    private void Add(Person person, string via, string? group = null)
    {
        if (!person.IsActive)
        {
            Warn($"{person.Email} ({via}) has left.");
            return;
        }

        if (IsRequester(person))
        {
            Warn($"{person.Email} ({via}) asked for this, and cannot approve it.");
            return;
        }

        if (HasVoted(person))
        {
            Warn($"{person.Email} ({via}) voted at an earlier level, and cannot vote at two.");
            return;
        }

        if (_candidates.Find(candidate => candidate.Person is { } known && Same(known, person)) is { } there)
        {
            if (!there.Via.Contains(via))
            {
                there.Via.Add(via);
            }

            if (group is not null && !there.Groups.Contains(group))
            {
                there.Groups.Add(group);
            }

            return;
        }

        if (_candidates.Count >= MaxPeople)
        {
            Warn($"More than {MaxPeople} would be asked; the first are.");
            return;
        }

        _candidates.Add(new() { Person = person, Via = [via], Groups = group is null ? [] : [group] });
    }

    private async ValueTask<IReadOnlyList<Seat>> SeatsAsync(CancellationToken cancellationToken)
    {
        var seats = new List<Seat>(_candidates.Count);
        foreach (var candidate in _candidates)
        {
            seats.Add(new()
            {
                Person = candidate.Person is null ? null : PersonRef.Of(candidate.Person),
                Role = candidate.Role,
                Via = candidate.Via,
                Groups = candidate.Groups,
                StandIns = candidate.Person is null ? [] : await StandInsAsync(candidate.Person, cancellationToken),

                // Who has a seat of their own is not counted in a role's, too.
                Holders = [.. candidate.Holders.Where(holder => !_candidates.Exists(other => other.Person is { } person && Same(person, holder))).Select(PersonRef.Of)],
            });
        }

        return seats;
    }

    /// <summary>Who may act for a person: their delegates; when they are out of office and no delegate is there, a manager who is.</summary>
    private async ValueTask<IReadOnlyList<StandIn>> StandInsAsync(Person person, CancellationToken cancellationToken)
    {
        var standIns = new List<StandIn>();
        var isAnybodyThere = false;
        foreach (var delegation in query.Delegations.Where(delegation => delegation.From.Equals(person.Email, StringComparison.OrdinalIgnoreCase) && delegation.Covers(query.Type, query.Now)))
        {
            if (standIns.Exists(there => there.Person.MayBe(null, delegation.To)))
            {
                continue;
            }

            // A delegate's own delegate is not followed: trust in one is no trust in whomever they trust. So loops lead nowhere.
            if (await directory.FindAsync(delegation.To, cancellationToken) is not { } to)
            {
                Warn($"{delegation.To}, delegate of {person.Email}, is nobody whom the directory knows.");
            }
            else if (Unfit(to, person) is { } why)
            {
                Warn($"{to.Email}, delegate of {person.Email}, {why}.");
            }
            else
            {
                standIns.Add(new(PersonRef.Of(to), $"delegate of {person.Name} until {delegation.Ends:yyyy-MM-dd}"));
                isAnybodyThere |= !IsAway(to);
            }
        }

        if (!IsAway(person) || isAnybodyThere)
        {
            return standIns;
        }

        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { person.Email };
        var at = person.Email;
        for (var i = 0; i < StandInLevels; i++)
        {
            if (await directory.FindManagerAsync(at, cancellationToken) is not { } manager || !seen.Add(manager.Email))
            {
                break;
            }

            if (!IsAway(manager) && Unfit(manager, person) is null && !standIns.Exists(there => Same(there.Person, manager)))
            {
                Warn($"{person.Name} is out of office and has no delegate who is there; {manager.Name}, a manager, may act for them.");
                return [.. standIns, new(PersonRef.Of(manager), $"manager of {person.Name}, who is out of office")];
            }

            at = manager.Email;
        }

        Warn($"{person.Name} is out of office, and nobody was found who could act for them.");
        return standIns;
    }

    /// <summary>Why somebody cannot act for a person; null when they can.</summary>
    private string? Unfit(Person standIn, Person person) => standIn switch
    {
        { IsActive: false } => "has left",
        _ when Same(standIn, person) => "is the same person",
        _ when IsRequester(standIn) => "asked for this",
        _ when HasVoted(standIn) => "voted at an earlier level",
        _ when _candidates.Exists(candidate => candidate.Person is { } other && Same(other, standIn)) || query.Seats.Any(seat => seat.Person is { } other && Same(other, standIn)) => "is asked already, and has one vote",
        _ => null,
    };

    private bool IsAway(Person person) => person.Absences.Any(absence => absence.Covers(query.Now));

    private bool IsRequester(Person person) => Same(person, query.Requester.UserId, query.Requester.Email);

    private bool HasVoted(Person person) => query.Voted.Any(voter => Same(person, voter.UserId, voter.Email));

    private static bool Same(Person one, Person other) => Same(one, other.UserId, other.Email);

    private static bool Same(PersonRef one, Person other) => one.MayBe(other.UserId, other.Email);

    private static bool Same(Person person, string? userId, string? email) =>
        (person.UserId is not null && person.UserId == userId) || (email is { Length: > 0 } && person.Email.Equals(email, StringComparison.OrdinalIgnoreCase));

    private void Warn(string warning)
    {
        if (!_warnings.Contains(warning) && _warnings.Count < 50)
        {
            _warnings.Add(warning);
        }
    }

    private sealed class Candidate
    {
        public Person? Person { get; init; }

        public string? Role { get; init; }

        public List<Person> Holders { get; init; } = [];

        public required List<string> Via { get; init; }

        public List<string> Groups { get; init; } = [];
    }
}
