using System.Text;

namespace Steward.Storage.Tests.GrainState;

public sealed class JsonGrainStateSerializerTests
{
    private readonly JsonGrainStateSerializer _serializer = new();

    [Fact]
    public void RoundTrip_EveryKindOfMember_ComesBack()
    {
        var state = new Profile("fixed")
        {
            Name = "n",
            At = new DateTimeOffset(2026, 3, 1, 12, 0, 0, 123, TimeSpan.FromHours(2)),
            Tier = Tier.Gold,
            Nothing = null,
            Wait = TimeSpan.FromSeconds(1.5),
            Bytes = [1, 2],
            Address = new Address("Berlin", 10115),
        };
        state.Roles.Add("admin");
        state.Limits["runs"] = 7;
        state.Rename("hidden");

        var copy = _serializer.Deserialize<Profile>(_serializer.Serialize(state))!;

        Assert.Equal(
            ("n", state.At, Tier.Gold, null, TimeSpan.FromSeconds(1.5), "hidden"),
            (copy.Name, copy.At, copy.Tier, copy.Nothing, copy.Wait, copy.Secret));
        Assert.Equal(state.Bytes, copy.Bytes);
        Assert.Equal(["admin"], copy.Roles);
        Assert.Equal(7, copy.Limits["runs"]);
        Assert.Equal(state.Address, copy.Address);
    }

    [Fact]
    public void Deserialize_MembersOfANewerBuild_AreSkipped() =>
        Assert.Equal("n", _serializer.Deserialize<Profile>(new BinaryData(Encoding.UTF8.GetBytes("""{"Name":"n","Future":{"a":[1]}}""")))!.Name);

    [Fact]
    public void Deserialize_MissingMembers_KeepTheirDefaults()
    {
        var copy = _serializer.Deserialize<Profile>(new BinaryData("{}"u8.ToArray()))!;

        Assert.Equal("unnamed", copy.Name);
        Assert.Empty(copy.Roles);
    }

    [Fact]
    public void Serialize_Null_ComesBackAsNull() => Assert.Null(_serializer.Deserialize<Profile>(_serializer.Serialize<Profile>(null!)));

    private enum Tier
    {
        Basic,
        Gold,
    }

    private sealed record Address(string City, int Code);

    private sealed class Profile
    {
        public Profile()
        {
        }

        public Profile(string secret) => Secret = secret;

        public string Name { get; set; } = "unnamed";

        public string Secret { get; private set; } = "";

        public DateTimeOffset At { get; init; }

        public Tier Tier { get; init; }

        public string? Nothing { get; init; } = "something";

        public TimeSpan Wait { get; init; }

        public byte[] Bytes { get; init; } = [];

        public Address? Address { get; init; }

        public List<string> Roles { get; } = [];

        public Dictionary<string, int> Limits { get; } = [];

        public void Rename(string secret) => Secret = secret;
    }
}
