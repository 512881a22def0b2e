namespace Steward.Storage;

/// <summary>The store could not do what was asked.</summary>
public sealed class StorageException(string message, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>Whether the same call may succeed later.</summary>
    public bool IsRetryable { get; init; }

    /// <summary>Whether the call may have taken effect although it failed.</summary>
    public bool OutcomeUnknown { get; init; }
}
