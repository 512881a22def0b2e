using System.Security.Cryptography;

namespace Steward.Engines.Security.Tests;

public sealed class ClusterKeyRingTests
{
    [Fact]
    public void FromFile_Missing_IsMadeReadableByItsOwnerOnlyAndStays()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("keys/cluster.key");

        var first = ClusterKeyRing.FromFile(path);
        var second = ClusterKeyRing.FromFile(path);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.Equal(first.CurrentKeyId, second.CurrentKeyId);
        Assert.Equal([path], Directory.GetFiles(Path.GetDirectoryName(path)!));
    }

    [Fact]
    public async Task FromFile_ManyAtOnce_AllReadTheSameKey()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("cluster.key");

        var rings = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => ClusterKeyRing.FromFile(path))));

        Assert.Single(rings.Select(ring => ring.CurrentKeyId).Distinct());
    }

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.OtherWrite)]
    public void FromFile_AccessibleToOthers_IsRefusedWithTheFix(UnixFileMode others)
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("cluster.key");
        _ = ClusterKeyRing.FromFile(path);
        File.SetUnixFileMode(path, File.GetUnixFileMode(path) | others);

        var error = Assert.Throws<InvalidOperationException>(() => ClusterKeyRing.FromFile(path));

        Assert.Contains("chmod 600", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("not base64 at all")]
    [InlineData("c2hvcnQ=")]
    public void Parse_BadKey_SaysHowToMakeOneWithoutRepeatingIt(string key)
    {
        var error = Assert.Throws<InvalidOperationException>(() => ClusterKeyRing.Parse([key], "The variable"));

        Assert.Contains("openssl rand -base64 32", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(key, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TryDeriveKey_OtherPurpose_IsAnotherKey()
    {
        var ring = new ClusterKeyRing([RandomNumberGenerator.GetBytes(32)]);

        Assert.NotEqual(ring.TryDeriveKey(ring.CurrentKeyId, "a"), ring.TryDeriveKey(ring.CurrentKeyId, "b"));
        Assert.Null(ring.TryDeriveKey("unknown", "a"));
    }
}
