namespace Steward.Engines.Approvals.People;

/// <summary>A directory that also knows whose user ids those are that the platform has seen.</summary>
public interface IUserDirectory : IDirectory
{
    /// <summary>The person who has a user id, or null when nobody with it has been seen, or the directory does not know them any more.</summary>
    /// <exception cref="DirectoryUnavailableException">The directory could not be asked.</exception>
    ValueTask<Person?> FindUserAsync(string userId, CancellationToken cancellationToken);
}
