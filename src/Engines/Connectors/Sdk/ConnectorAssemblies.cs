using System.Reflection;
using System.Runtime.Loader;
using Microsoft.Extensions.DependencyInjection;

namespace Steward.Engines.Connectors.Sdk;

/// <summary>
/// Typed connectors out of assemblies that an operator names. What the host has too is taken from the host, so that its types are the same; the rest lies beside the assembly.
/// They run with the host's rights: whoever may name them may do everything.
/// </summary>
internal static class ConnectorAssemblies
{
    /// <summary>One connector of each public class with a constructor that the services can fill.</summary>
    /// <param name="path">The assembly.</param>
    /// <param name="services">What constructors may ask for.</param>
    /// <exception cref="InvalidOperationException">It cannot be loaded, or has none; says what to do.</exception>
    public static IReadOnlyList<TypedConnector> Load(string path, IServiceProvider services)
    {
        var types = Types(path);
        try
        {
            return [.. types.Select(type => (TypedConnector)ActivatorUtilities.CreateInstance(services, type))];
        }
        catch (Exception exception) when (exception is InvalidOperationException or TargetInvocationException)
        {
            throw new InvalidOperationException($"Steward:Connectors:Assemblies: a connector of '{path}' cannot be made: {(exception.InnerException ?? exception).Message}", exception);
        }
    }

    /// <summary>The connectors' classes.</summary>
    public static IReadOnlyList<Type> Types(string path)
    {
        if (!Path.IsPathFullyQualified(path) || !File.Exists(path))
        {
            throw new InvalidOperationException($"Steward:Connectors:Assemblies: '{path}' must be the full path of a file that is there.");
        }

        try
        {
            var types = new Context(path).LoadFromAssemblyPath(path).GetExportedTypes()
                .Where(type => type is { IsClass: true, IsAbstract: false } && typeof(TypedConnector).IsAssignableFrom(type)).OrderBy(type => type.FullName, StringComparer.Ordinal).ToList();
            return types.Count > 0
                ? types
                : throw new InvalidOperationException($"Steward:Connectors:Assemblies: '{path}' has no public class that derives from {nameof(TypedConnector)}. Was it built against another version of Steward?");
        }
        catch (Exception exception) when (exception is BadImageFormatException or FileLoadException or FileNotFoundException or TypeLoadException)
        {
            throw new InvalidOperationException($"Steward:Connectors:Assemblies: '{path}' cannot be loaded: {exception.Message}", exception);
        }
    }

    private sealed class Context(string path) : AssemblyLoadContext("connectors:" + Path.GetFileNameWithoutExtension(path))
    {
        private readonly AssemblyDependencyResolver _resolver = new(path);

        protected override Assembly? Load(AssemblyName assemblyName)
        {
            try
            {
                return Default.LoadFromAssemblyName(assemblyName);
            }
            catch (FileNotFoundException)
            {
                return _resolver.ResolveAssemblyToPath(assemblyName) is { } found ? LoadFromAssemblyPath(found) : null;
            }
        }
    }
}
