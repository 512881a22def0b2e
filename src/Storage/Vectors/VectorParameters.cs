using Npgsql;
using NpgsqlTypes;

namespace Steward.Storage.Vectors;

/// <summary>Values of statements about vectors.</summary>
internal static class VectorParameters
{
    public static NpgsqlParameter<string> Text(string value) => new() { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Text };

    public static NpgsqlParameter<string[]> Texts(IEnumerable<string> values) => new() { TypedValue = [.. values], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };

    public static NpgsqlParameter<float[]> Values(float[] values) => new() { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Real };

    public static NpgsqlParameter<long> Number(long value) => new() { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Bigint };

    public static NpgsqlParameter<int> Count(int value) => new() { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Integer };
}
