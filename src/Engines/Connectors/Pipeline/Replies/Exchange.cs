using Steward.Engines.Connectors.Execution;

namespace Steward.Engines.Connectors.Pipeline.Replies;

/// <summary>How one request ended.</summary>
internal sealed record Exchange
{
    /// <summary>The answer; null when there was none.</summary>
    public VendorReply? Reply { get; init; }

    /// <summary>What it means when it is no success.</summary>
    public ActionOutcome? Failure { get; init; }

    /// <summary>What the operation gave, where that is no answer in HTTP; its shape is looked at as that of an answer is.</summary>
    public System.Text.Json.JsonElement? Result { get; init; }

    /// <summary>Whether the instance's owner let nothing out.</summary>
    public bool IsRefusedByOwner { get; init; }

    /// <summary>Whether the system does not accept the credential any more.</summary>
    public bool IsExpired { get; init; }

    /// <summary>Whether the template says that the same call may succeed later.</summary>
    public bool IsRetryable { get; init; }

    public static Exchange Ended(ActionOutcome failure) => new() { Failure = failure, IsRetryable = failure is ActionFailed { IsRetryable: true } };
}
