namespace Steward.Operations;

/// <summary>Names under which stores are registered.</summary>
public static class StorageNames
{
    /// <summary>The grain storage provider for all persistent state.</summary>
    public const string GrainState = "steward";
}
