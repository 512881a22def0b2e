using System.Reflection;

namespace Steward.Host.Capabilities;

/// <summary>Which Orleans this build runs on.</summary>
internal static class OrleansBuild
{
#if ORLEANS_STANDIN
    public static bool IsStandIn => true;
#else
    public static bool IsStandIn => false;
#endif

    /// <summary>The version of the packages, without what a build adds about its source.</summary>
    public static string Version => typeof(Orleans.IGrain).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0].Split(". ")[0] ?? "unknown";
}
