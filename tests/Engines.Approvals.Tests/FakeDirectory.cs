using Steward.Engines.Approvals.People;

namespace Steward.Engines.Approvals.Tests;

/// <summary>A directory in memory, that can be unavailable.</summary>
internal sealed class FakeDirectory : IUserDirectory
{
    public Dictionary<string, Person> People { get; } = new(StringComparer.OrdinalIgnoreCase);

    public Dictionary<string, string> Managers { get; } = new(StringComparer.OrdinalIgnoreCase);

    public Dictionary<string, List<string>> Groups { get; } = [];

    public Dictionary<string, List<string>> Roles { get; } = [];

    public bool IsDown { get; set; }

    public FakeDirectory Add(string name, string? manager = null, bool isActive = true, string? userId = null, params Absence[] absences)
    {
        People[Mail(name)] = new() { Email = Mail(name), Name = name, UserId = userId ?? "u-" + name, IsActive = isActive, Absences = absences };
        if (manager is not null)
        {
            Managers[Mail(name)] = Mail(manager);
        }

        return this;
    }

    public static string Mail(string name) => name + "@acme.example";

    public ValueTask<Person?> FindAsync(string email, CancellationToken cancellationToken) => new(Up().People.GetValueOrDefault(email));

    public ValueTask<Person?> FindManagerAsync(string email, CancellationToken cancellationToken) =>
        new(Up().Managers.GetValueOrDefault(email) is { } manager ? People.GetValueOrDefault(manager) : null);

    public ValueTask<IReadOnlyList<Person>?> FindGroupAsync(string group, CancellationToken cancellationToken) =>
        new(Up().Groups.GetValueOrDefault(group) is { } members ? [.. members.Select(name => People[Mail(name)])] : (IReadOnlyList<Person>?)null);

    public ValueTask<IReadOnlyList<Person>?> FindRoleAsync(string role, CancellationToken cancellationToken) =>
        new(Up().Roles.GetValueOrDefault(role) is { } holders ? [.. holders.Select(name => People[Mail(name)])] : (IReadOnlyList<Person>?)null);

    public ValueTask<IReadOnlyList<string>> FindGroupsOfAsync(string email, CancellationToken cancellationToken) =>
        new([.. Up().Groups.Where(group => group.Value.Any(name => Mail(name).Equals(email, StringComparison.OrdinalIgnoreCase))).Select(group => group.Key)]);

    public ValueTask<Person?> FindUserAsync(string userId, CancellationToken cancellationToken) => new(Up().People.Values.FirstOrDefault(person => person.UserId == userId));

    private FakeDirectory Up() => IsDown ? throw new DirectoryUnavailableException("The directory does not answer.") : this;
}
