namespace Steward.EndToEnd.Tests;

/// <summary>Stories of connectors share one Steward: none of them kills it, and each has instances of its own.</summary>
[CollectionDefinition(Name)]
public sealed class ConnectorStories : ICollectionFixture<LocalSteward>
{
    public const string Name = "Connector stories";
}
