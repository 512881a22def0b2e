using Steward.Engines.Approvals.People;

namespace Steward.People;

/// <summary>A connected system that knows who works here.</summary>
internal interface IPeopleSource
{
    /// <summary>The person with an address; null when there is none, or when several who work here have it: nobody can tell which one is meant.</summary>
    /// <exception cref="DirectoryUnavailableException">There is no answer.</exception>
    Task<DirectoryEntry?> FindAsync(string email, CancellationToken cancellationToken);

    /// <summary>The address of a person's manager; null when there is none with an address.</summary>
    /// <exception cref="DirectoryUnavailableException">There is no answer.</exception>
    Task<string?> FindManagerAsync(DirectoryEntry entry, CancellationToken cancellationToken);

    /// <summary>The people of a group by its name; null when there is none, or several: nobody can tell which one is meant.</summary>
    /// <exception cref="DirectoryUnavailableException">There is no answer.</exception>
    Task<IReadOnlyList<DirectoryEntry>?> FindGroupAsync(string group, CancellationToken cancellationToken);

    /// <summary>The names of a person's groups.</summary>
    /// <exception cref="DirectoryUnavailableException">There is no answer.</exception>
    Task<IReadOnlyList<string>> FindGroupsOfAsync(DirectoryEntry entry, CancellationToken cancellationToken);
}

/// <summary>A connected system that knows who is out of office.</summary>
internal interface IAbsenceSource
{
    /// <summary>When somebody is out of office.</summary>
    /// <exception cref="DirectoryUnavailableException">There is no answer.</exception>
    Task<IReadOnlyList<Absence>> FindAsync(DirectoryEntry entry, CancellationToken cancellationToken);
}

/// <summary>A person, and how the system calls them that knows them.</summary>
/// <param name="Id">The id there.</param>
/// <param name="Person">The person.</param>
internal sealed record DirectoryEntry(string Id, Person Person);
