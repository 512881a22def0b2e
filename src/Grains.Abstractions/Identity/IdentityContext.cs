namespace Steward.Identity;

/// <summary>How the signed caller identity travels with a grain call.</summary>
public static class IdentityContext
{
    /// <summary>The key of the envelope in Orleans' RequestContext.</summary>
    public const string Key = "steward.identity";
}
