using Orleans.Concurrency;

namespace Steward.Models.Prompts;

/// <summary>
/// One registered prompt and its versions. Key: <c>t-acme/p-NAME</c>. A version is staged by one admin, approved by another, tried as a canary and then answers; the one before can be had back in one call.
/// </summary>
[Alias("steward.prompt")]
public interface IPromptGrain : IGrainWithStringKey
{
    /// <summary>Adds a version; nobody sees it before it is approved. The same text and variables as the newest version's are that version.</summary>
    /// <exception cref="Errors.StewardException"><c>invalid_argument</c> names the field: a variable that is used and not declared, or declared and not used; <c>limit_reached</c>.</exception>
    [Alias("add-version")]
    Task<PromptInfo> AddVersion(PromptDraft draft, CancellationToken cancellationToken = default);

    /// <summary>Approves a version that somebody else wrote. Idempotent.</summary>
    /// <exception cref="Errors.StewardException"><c>forbidden</c> for its author; <c>not_found</c>.</exception>
    [Alias("approve")]
    Task<PromptInfo> Approve(int version, CancellationToken cancellationToken = default);

    /// <summary>Tries an approved version beside the live one: 5, then 25 % of the conversations, then all. It goes live, or is taken back, by itself.</summary>
    /// <returns>The prompt; <see cref="PromptInfo.Canary"/> names the experiment.</returns>
    /// <exception cref="Errors.StewardException"><c>conflict</c> when it is not approved, nothing is live, or another version is tried; <c>not_found</c>.</exception>
    [Alias("start-canary")]
    Task<PromptInfo> StartCanary(int version, CancellationToken cancellationToken = default);

    /// <summary>Lets an approved version answer at once. Idempotent.</summary>
    /// <exception cref="Errors.StewardException"><c>conflict</c> when it is not approved, or another version is tried; <c>not_found</c>.</exception>
    [Alias("publish")]
    Task<PromptInfo> Publish(int version, CancellationToken cancellationToken = default);

    /// <summary>Ends the canary, if there is one; else lets the version answer that did before the live one.</summary>
    /// <exception cref="Errors.StewardException"><c>conflict</c> when there is none.</exception>
    [Alias("roll-back")]
    Task<PromptInfo> RollBack(CancellationToken cancellationToken = default);

    /// <summary>The prompt, or null when there is none. Admins and auditors.</summary>
    [Alias("get-info")]
    [AlwaysInterleave] // Safe: returns what was last written and changes nothing.
    Task<PromptInfo?> GetInfo(CancellationToken cancellationToken = default);

    /// <summary>What changed between two versions, line by line. Admins and auditors.</summary>
    /// <exception cref="Errors.StewardException"><c>not_found</c>.</exception>
    [Alias("diff")]
    Task<IReadOnlyList<PromptLine>> Diff(int from, int to, CancellationToken cancellationToken = default);

    /// <summary>A version with values. Admins and auditors.</summary>
    /// <param name="version">The version.</param>
    /// <param name="variables">A value for each variable.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="Errors.StewardException"><c>invalid_argument</c> names a variable that is missing or not declared; <c>not_found</c>.</exception>
    [Alias("preview")]
    Task<string> Preview(int version, IReadOnlyDictionary<string, string> variables, CancellationToken cancellationToken = default);

    /// <summary>A canary has ended. Idempotent; the platform only.</summary>
    /// <param name="experiment">Its experiment's name.</param>
    /// <param name="isPromoted">Whether it goes live.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    [Alias("settle-canary")]
    Task SettleCanary(string experiment, bool isPromoted, CancellationToken cancellationToken = default);
}

/// <summary>Which prompts a tenant has. Key: <c>t-acme/i-prompts</c>.</summary>
[Alias("steward.prompt-index")]
public interface IPromptIndexGrain : IGrainWithStringKey
{
    /// <summary>Notes a prompt as it is published; the platform only.</summary>
    /// <exception cref="Errors.StewardException"><c>limit_reached</c>.</exception>
    [Alias("put")]
    Task Put(PublishedPrompt prompt, CancellationToken cancellationToken = default);

    /// <summary>Those of which a version is live; the platform only.</summary>
    [Alias("list-published")]
    Task<IReadOnlyList<PublishedPrompt>> ListPublished(CancellationToken cancellationToken = default);

    /// <summary>The names of all. Admins and auditors.</summary>
    [Alias("list")]
    Task<IReadOnlyList<string>> List(CancellationToken cancellationToken = default);
}
