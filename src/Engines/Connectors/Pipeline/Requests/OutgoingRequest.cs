using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Pipeline.Replies;

namespace Steward.Engines.Connectors.Pipeline.Requests;

/// <summary>One request, ready but for the address of the system and the credential, which come with the permit. Each attempt makes its own message from it.</summary>
internal sealed record OutgoingRequest
{
    public required HttpMethod Method { get; init; }

    /// <summary>The path; null when it holds a credential and can only be written then.</summary>
    public string? Path { get; init; }

    /// <summary>The query parameters, not yet escaped.</summary>
    public IReadOnlyList<(string Name, string Value)> Query { get; init; } = [];

    /// <summary>The whole address, for pages that the system itself names.</summary>
    public Uri? Address { get; init; }

    /// <summary>Whether it goes without a credential, to an <see cref="Address"/> that the system gave for this one request: of the same server, or of a host below it that is reached by https.</summary>
    public bool IsUnsigned { get; init; }

    /// <summary>Whether <see cref="Path"/> is the whole path of the server instead of one below the instance's address.</summary>
    public bool IsRooted { get; init; }

    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    public ReadOnlyMemory<byte>? Body { get; init; }

    public string? ContentType { get; init; }

    /// <summary>Carries the request in another way than HTTP, with what the permit brought; all else of this record does not matter then.</summary>
    public Func<Credential?, Task<Exchange>>? Carry { get; init; }
}
