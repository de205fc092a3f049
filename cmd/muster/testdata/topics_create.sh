kafka-topics.sh --bootstrap-server kafka:9092 --create --if-not-exists --topic muster.profiles --partitions 12 --replication-factor 3 \
  --config cleanup.policy=compact \
  --config delete.retention.ms=604800000 \
  --config max.compaction.lag.ms=86400000 \
  --config max.message.bytes=8388608 \
  --config min.cleanable.dirty.ratio=0.3 \
  --config min.compaction.lag.ms=21600000 \
  --config segment.ms=21600000
kafka-topics.sh --bootstrap-server kafka:9092 --create --if-not-exists --topic muster.members --partitions 6 --replication-factor 3 \
  --config cleanup.policy=compact \
  --config delete.retention.ms=604800000 \
  --config max.compaction.lag.ms=86400000 \
  --config max.message.bytes=8388608 \
  --config min.cleanable.dirty.ratio=0.3 \
  --config min.compaction.lag.ms=21600000 \
  --config segment.ms=21600000
kafka-topics.sh --bootstrap-server kafka:9092 --create --if-not-exists --topic muster.uploads --partitions 6 --replication-factor 3 \
  --config cleanup.policy=compact \
  --config delete.retention.ms=604800000 \
  --config max.compaction.lag.ms=86400000 \
  --config max.message.bytes=8388608 \
  --config min.cleanable.dirty.ratio=0.3 \
  --config min.compaction.lag.ms=21600000 \
  --config segment.ms=21600000
kafka-topics.sh --bootstrap-server kafka:9092 --create --if-not-exists --topic muster.audiences --partitions 6 --replication-factor 3 \
  --config cleanup.policy=compact \
  --config delete.retention.ms=604800000 \
  --config max.compaction.lag.ms=86400000 \
  --config max.message.bytes=8388608 \
  --config min.cleanable.dirty.ratio=0.3 \
  --config min.compaction.lag.ms=21600000 \
  --config segment.ms=21600000
kafka-topics.sh --bootstrap-server kafka:9092 --create --if-not-exists --topic muster.dead-letter --partitions 12 --replication-factor 3 \
  --config cleanup.policy=delete \
  --config retention.ms=604800000 \
  --config segment.ms=86400000
kafka-topics.sh --bootstrap-server kafka:9092 --create --if-not-exists --topic muster.rejected --partitions 6 --replication-factor 3 \
  --config cleanup.policy=delete \
  --config retention.ms=604800000 \
  --config segment.ms=86400000
kafka-topics.sh --bootstrap-server kafka:9092 --create --if-not-exists --topic muster.audit --partitions 12 --replication-factor 3 \
  --config cleanup.policy=delete \
  --config retention.ms=31536000000 \
  --config segment.ms=630720000
kafka-topics.sh --bootstrap-server kafka:9092 --create --if-not-exists --topic muster.commands --partitions 6 --replication-factor 3 \
  --config cleanup.policy=delete \
  --config retention.ms=604800000 \
  --config segment.ms=86400000
kafka-topics.sh --bootstrap-server kafka:9092 --create --if-not-exists --topic muster.replicas --partitions 1 --replication-factor 3 \
  --config cleanup.policy=delete \
  --config retention.ms=3600000 \
  --config segment.ms=600000
kafka-acls.sh --bootstrap-server kafka:9092 --add --allow-principal 'User:o'\''neil' --operation Read --operation Describe --operation DescribeConfigs --topic identify
kafka-acls.sh --bootstrap-server kafka:9092 --add --allow-principal 'User:o'\''neil' --operation Read --operation Describe --operation DescribeConfigs --topic audience-membership
kafka-acls.sh --bootstrap-server kafka:9092 --add --allow-principal 'User:o'\''neil' --operation Read --operation Write --operation Describe --operation DescribeConfigs --topic muster.profiles
kafka-acls.sh --bootstrap-server kafka:9092 --add --allow-principal 'User:o'\''neil' --operation Read --operation Write --operation Describe --operation DescribeConfigs --topic muster.members
kafka-acls.sh --bootstrap-server kafka:9092 --add --allow-principal 'User:o'\''neil' --operation Read --operation Write --operation Describe --operation DescribeConfigs --topic muster.uploads
kafka-acls.sh --bootstrap-server kafka:9092 --add --allow-principal 'User:o'\''neil' --operation Read --operation Write --operation Describe --operation DescribeConfigs --topic muster.audiences
kafka-acls.sh --bootstrap-server kafka:9092 --add --allow-principal 'User:o'\''neil' --operation Read --operation Write --operation Describe --operation DescribeConfigs --topic muster.dead-letter
kafka-acls.sh --bootstrap-server kafka:9092 --add --allow-principal 'User:o'\''neil' --operation Read --operation Write --operation Describe --operation DescribeConfigs --topic muster.rejected
kafka-acls.sh --bootstrap-server kafka:9092 --add --allow-principal 'User:o'\''neil' --operation Read --operation Write --operation Describe --operation DescribeConfigs --topic muster.audit
kafka-acls.sh --bootstrap-server kafka:9092 --add --allow-principal 'User:o'\''neil' --operation Read --operation Write --operation Describe --operation DescribeConfigs --topic muster.commands
kafka-acls.sh --bootstrap-server kafka:9092 --add --allow-principal 'User:o'\''neil' --operation Read --operation Write --operation Describe --operation DescribeConfigs --topic muster.replicas
kafka-acls.sh --bootstrap-server kafka:9092 --add --allow-principal 'User:o'\''neil' --operation Read --operation Describe --group muster- --resource-pattern-type prefixed
kafka-acls.sh --bootstrap-server kafka:9092 --add --allow-principal 'User:o'\''neil' --operation Write --operation Describe --transactional-id muster- --resource-pattern-type prefixed
