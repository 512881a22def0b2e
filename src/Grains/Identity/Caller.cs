using Steward.Errors;

namespace Steward.Identity;

/// <summary>The verified identity of whoever called the grain method that is running.</summary>
internal static class Caller
{
    private static readonly AsyncLocal<CallerIdentity?> Verified = new();

    /// <summary>The identity that the silo's filter verified, or null outside of a filtered call.</summary>
    public static CallerIdentity? Current
    {
        get => Verified.Value;
        set => Verified.Value = value;
    }

    /// <summary>The identity, or an error when the call came without one.</summary>
    public static CallerIdentity Required => Current ?? throw new StewardException(ErrorCodes.Unauthenticated, "The call carries no verified identity.");

    /// <summary>Whether the platform itself calls.</summary>
    public static bool IsSystem => Current?.Roles.Contains(WellKnownRoles.System) == true;

    /// <summary>Refuses everyone but the platform.</summary>
    public static void RequireSystem()
    {
        if (!IsSystem)
        {
            throw StewardException.Forbidden("Only the platform may do this.");
        }
    }

    /// <summary>Refuses everyone but the platform and the tenant's admins.</summary>
    public static void RequireAdmin()
    {
        if (!IsSystem && Current?.Roles.Contains(WellKnownRoles.Admin) != true)
        {
            throw StewardException.Forbidden("Only an admin of the tenant may do this.");
        }
    }

    /// <summary>Refuses everyone but the platform, the tenant's admins and its auditors.</summary>
    public static void RequireAdminOrAuditor()
    {
        if (Current?.Roles.Contains(WellKnownRoles.Auditor) != true)
        {
            RequireAdmin();
        }
    }
}
