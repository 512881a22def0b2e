namespace Steward.Architecture.Tests;

public class LayeringTests
{
    [Fact]
    public void Engines_References_KnowNoOrleansAndNoGrains()
    {
        var engines = Solution.Assemblies.Where(assembly => assembly.Key.StartsWith("Steward.Engines.", StringComparison.Ordinal)).ToList();

        Assert.NotEmpty(engines);
        Assert.All(engines, engine => Assert.DoesNotContain(
            engine.Value.MainModule.AssemblyReferences,
            reference => reference.Name.Contains("Orleans", StringComparison.Ordinal)
                || reference.Name is "Steward.Grains" or "Steward.Grains.Abstractions" or "Steward.Storage" or "Steward.Client"));
    }

    [Theory]
    [InlineData("Steward.Grains.Abstractions", new string[0])]
    [InlineData("Steward.Storage.Abstractions", new string[0])]
    [InlineData("Steward.Storage", new[] { "Steward.Storage.Abstractions" })]
    [InlineData("Steward.Client", new[] { "Steward.Grains.Abstractions", "Steward.Engines.Security" })]
    public void Assembly_References_AreOnlyThoseOfTheLayout(string name, string[] allowed)
    {
        var references = Solution.Assemblies[name].StewardReferences().Where(reference => !reference.StartsWith("Steward.Compat.", StringComparison.Ordinal));

        Assert.Empty(references.Except(allowed));
    }

    [Fact]
    public void SiloAndGateway_References_NobodyButTheHostKnowsThem()
    {
        var users = Solution.Assemblies
            .Where(assembly => assembly.Value.StewardReferences().Any(reference => reference is "Steward.Silo" or "Steward.Gateway"))
            .Select(assembly => assembly.Key);

        Assert.Equal(["Steward.Host"], users);
    }

    [Fact]
    public void Grains_References_KnowNoStorageEngineAndNoFrontEnd()
    {
        var references = Solution.Assemblies["Steward.Grains"].StewardReferences();

        Assert.Empty(references.Intersect(["Steward.Storage", "Steward.Client", "Steward.Gateway", "Steward.Silo"]));
    }
}
