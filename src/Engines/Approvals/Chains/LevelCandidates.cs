using Steward.Engines.Approvals.People;

namespace Steward.Engines.Approvals.Chains;

/// <summary>Whom a level names: each once, without those who left, the requester, those who voted before, and addresses that several people have.</summary>
internal sealed class LevelCandidates(IDirectory directory, LevelQuery query, LevelWarnings warnings)
{
    /// <summary>The most people at one level; more are not asked, and that is said.</summary>
    public const int MaxPeople = 500;

    private readonly List<Candidate> _candidates = [];

    /// <summary>Everybody who was found, in order.</summary>
    public IReadOnlyList<Candidate> All => _candidates;

    /// <summary>Whether whoever has some role is among them.</summary>
    public bool HasRole => _candidates.Exists(candidate => candidate.Role is not null);

    /// <summary>How many votes they count for.</summary>
    public int Size => _candidates.Sum(candidate => candidate.Role is null ? 1 : Math.Max(1, candidate.Holders.Count));

    /// <summary>How many were left out because nobody can tell whose address theirs is.</summary>
    public int Ambiguous { get; private set; }

    /// <summary>Whether a person is among them by name.</summary>
    public bool Has(Person person) => _candidates.Exists(candidate => candidate.Person is { } known && known.MayBe(person));

    /// <summary>Adds everybody whom the rules name.</summary>
    public async ValueTask AddAsync(IReadOnlyList<ApproverSpec> specs, CancellationToken cancellationToken)
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
            warnings.Add($"{email} is nobody whom the directory knows.");
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
            warnings.Add($"The directory has no group {group}.");
            return;
        }

        if (members.Count == 0)
        {
            warnings.Add($"The group {group} has no members.");
        }

        if (members.Count > MaxPeople)
        {
            warnings.Add($"The group {group} has {members.Count} members; the first {MaxPeople} are asked.");
        }

        foreach (var member in members.OrderBy(member => member.Email, StringComparer.OrdinalIgnoreCase).Take(MaxPeople))
        {
            Add(member, "member of " + group, group);
        }
    }

    /// <summary>Adds whoever has a role.</summary>
    public async ValueTask AddRoleAsync(string role, string why, CancellationToken cancellationToken)
    {
        if (_candidates.Exists(candidate => candidate.Role == role))
        {
            return;
        }

        var holders = (await directory.FindRoleAsync(role, cancellationToken) ?? [])
            .Where(person => person.IsActive && !query.IsRequester(person) && !query.HasVoted(person))
            .Take(MaxPeople)
            .ToList();
        _candidates.Add(new() { Role = role, Holders = holders, Via = [$"role {role}, {why}"] });
    }

    private async ValueTask AddManagerOfAsync(ApproverSpec spec, CancellationToken cancellationToken)
    {
        var isRequester = spec.Value == "requester";
        var email = isRequester ? query.Requester.Email : spec.Value;
        if (email is null)
        {
            warnings.Add("The requester's mail address is not known, so neither is their manager.");
            return;
        }

        await AddManagerAsync(email, isRequester ? "the requester" : email, Math.Clamp(spec.Levels, 1, 10), cancellationToken);
    }

    /// <summary>Adds the manager so many levels up, or the highest there is below.</summary>
    public async ValueTask AddManagerAsync(string email, string name, int levels, CancellationToken cancellationToken)
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
                warnings.Add($"The directory's managers above {email} go round in a circle at {next.Email}.");
                break;
            }

            (manager, at) = (next, next.Email);
        }

        if (manager is null)
        {
            warnings.Add($"{name} has no manager in the directory.");
            return;
        }

        if (climbed < levels)
        {
            warnings.Add($"{name} has only {climbed} of {levels} levels of managers; the highest is asked.");
        }

        Add(manager, climbed == 1 ? $"manager of {email}" : $"manager of {email}, {climbed} levels up");
    }

    private void Add(Person person, string via, string? group = null)
    {
        if (!person.IsActive)
        {
            warnings.Add($"{person.Email} ({via}) has left.");
            return;
        }

        if (person is { IsAddressShared: true, UserId: null })
        {
            warnings.Add($"Several people sign in with {person.Email} ({via}); nobody is asked by it.");
            Ambiguous++;
            return;
        }

        if (query.IsRequester(person))
        {
            warnings.Add($"{person.Email} ({via}) asked for this, and cannot approve it.");
            return;
        }

        if (query.HasVoted(person))
        {
            warnings.Add($"{person.Email} ({via}) voted at an earlier level, and cannot vote at two.");
            return;
        }

        if (_candidates.Find(candidate => candidate.Person is { } known && known.MayBe(person)) is { } there)
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
            warnings.Add($"More than {MaxPeople} would be asked; the first are.");
            return;
        }

        _candidates.Add(new() { Person = person, Via = [via], Groups = group is null ? [] : [group] });
    }

    /// <summary>Somebody who is to be asked.</summary>
    internal sealed class Candidate
    {
        public Person? Person { get; init; }

        public string? Role { get; init; }

        public List<Person> Holders { get; init; } = [];

        public required List<string> Via { get; init; }

        public List<string> Groups { get; init; } = [];
    }
}
